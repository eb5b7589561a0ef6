"""From one city's document to another's: what the command `tongban translate` does.

Nothing is sent; this shows what a case looks like on the other side, and what is lost there.
"""

from dataclasses import dataclass

from adapters.adapter import Adapter, Draft, Written


@dataclass(frozen=True, slots=True)
class Translation:
    """One draft that the source stated, and how the target states it."""

    draft: Draft
    written: Written


def translate(source: Adapter, target: Adapter, document: bytes) -> list[Translation]:
    """Every draft that `document` of `source` states, as documents of `target`.

    Raises DocumentRejected, whose `where["partner"]` says at which of the two it failed.
    """
    return [Translation(draft, target.write(draft)) for draft in source.read(document)]
