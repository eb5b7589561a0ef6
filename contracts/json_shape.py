"""Bounds on JSON text, checked on the bytes before a parser builds anything from them.

A parser turns two bytes of ``{}`` into a dict of 64: a body of 16 MiB could hold 350 MiB of
memory. Counting separators is a scan at memory speed and bounds the nodes beforehand.
"""

import re

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


def _depth(raw: bytes) -> int:
    deepest = level = 0
    for byte in _NOT_BRACKETS.sub(b"", _STRING.sub(b"", raw)):
        if byte in _OPENING:
            level += 1
            deepest = max(deepest, level)
        else:
            level -= 1
    return deepest
