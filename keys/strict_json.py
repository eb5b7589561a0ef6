"""JSON that two readers cannot read differently (RFC 7493, I-JSON).

A name that stands twice in an object is refused: one parser would take the first value,
another the last, and a signature would hold for both.
"""

import json
from typing import NoReturn


def loads_object(data: bytes) -> dict[str, object]:
    """The JSON object that `data` (UTF-8, no byte order mark) holds.

    Raises ValueError for bad UTF-8, bad JSON, a repeated name, half of a surrogate pair,
    NaN or Infinity, nesting beyond the interpreter's limit, and for a top level that is
    not an object.
    """
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
        if b"\\u" in data:
            _refuse_lone_surrogates(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _refuse_lone_surrogates(value: object) -> None:
    """Such a text cannot be written again, into a log or a receipt (UnicodeEncodeError)."""
    json.dumps(value, ensure_ascii=False).encode("utf-8")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
