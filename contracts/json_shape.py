"""Bounds on JSON text, checked on the bytes before a parser builds anything from them.

A parser turns two bytes of ``{}`` into a dict of 64: a body of 16 MiB could hold 350 MiB of
memory. Counting separators is a scan at memory speed and bounds the nodes beforehand.
"""

import json
import re
from contextlib import suppress

import orjson

from contracts.errors import TongbanError

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = re.compile(rb"[^\[\]{}]+")
_OPENING = b"[{"


def check_shape(
    raw: bytes, error: type[TongbanError], code: str, *, size: int, depth: int, nodes: int
) -> None:
    """Raise `error` with `code` when `raw` is larger, deeper or more branched than allowed.

    The count of nodes includes separators within strings, so it errs on the strict side;
    the depth is exact.
    """
    if len(raw) > size:
        raise error(f"{len(raw)} bytes, at most {size}", code=code)
    openings = raw.count(b"{") + raw.count(b"[")
    if openings + raw.count(b",") > nodes:
        raise error(f"more than {nodes} values", code=code)
    if openings > depth and _depth(raw) > depth:
        raise error(f"nested more than {depth} deep", code=code)


def check_names(raw: bytes, error: type[TongbanError], code: str) -> None:
    """Raise `error` with `code` when a name stands twice in one object of `raw`, valid JSON,
    or when it is nested too deep for that to be seen.

    One reader would take the first value, another the last, and a signature would hold for
    both (RFC 7493, section 2.3). Text that is written as orjson writes it cannot have any.
    """
    with suppress(TypeError, ValueError):  # numbers that orjson does not write
        if orjson.dumps(orjson.loads(raw)) == raw:
            return
    try:
        _NAMED_ONCE.decode(raw.decode())
    except RecursionError as found:
        raise error("nested too deep", code=code) from found
    except ValueError as found:
        raise error(str(found), code=code) from found


def _once(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name stands twice in one object")


_NAMED_ONCE = json.JSONDecoder(object_pairs_hook=_once)


def _depth(raw: bytes) -> int:
    deepest = level = 0
    for byte in _NOT_BRACKETS.sub(b"", _STRING.sub(b"", raw)):
        if byte in _OPENING:
            level += 1
            deepest = max(deepest, level)
        else:
            level -= 1
    return deepest
