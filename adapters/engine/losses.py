"""What a draft says and no rule has written, found by walking the body.

The rules of a statement leave a `Carried` tree behind: every canonical leaf that one of them
takes. Whatever else the body holds is a loss, unless it is the default that reading the
document gives anyway, or says nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from adapters.engine.paths import EACH, Path, Step

Carried: TypeAlias = "dict[Step, Carried] | bool"
"""Fields by step; True where everything below is taken."""

Default = Callable[[Path], Any]

NATIVE = "native"
"""The extra field of a body (or of an item of a list) for what only one family can say."""


def carry(tree: dict[Step, Carried], path: Path, what: Carried = True) -> None:
    """Note in `tree` that `path` is taken, wholly or as far as `what` says."""
    node = tree
    for step in path[:-1]:
        below = node.setdefault(step, {})
        if not isinstance(below, dict):
            return
        node = below
    node[path[-1]] = what


def unsaid(value: Any, carried: "Carried | None", default: Default) -> Iterator[str]:
    """Paths of the leaves of `value` that are not in `carried`.

    `native` of the body itself is left to others; one of an item is told whole.
    """
    yield from _walk(value, carried, default, (), "")


def _walk(
    value: Any, carried: "Carried | None", default: Default, path: Path, text: str
) -> Iterator[str]:
    if carried is True:
        return
    known = carried if isinstance(carried, dict) else {}
    if isinstance(value, dict):
        for name, item in value.items():
            below = known.get(name)
            where = f"{text}.{name}" if text else str(name)
            if name == NATIVE:
                if text and below is not True and item:
                    yield where
            elif below is not True:
                yield from _walk(item, below, default, (*path, name), where)
    elif isinstance(value, list | tuple):
        each = known.get(EACH)
        for index, item in enumerate(value):
            below = known.get(index, each)
            yield from _walk(item, below, default, (*path, EACH), f"{text}[{index}]")
    elif value is not None and value != "" and value != default(path):
        yield text
