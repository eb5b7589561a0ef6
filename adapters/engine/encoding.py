"""Bytes and text of partners, strictly both ways.

GB2312 and GBK are subsets of GB18030, and what is declared as one of them often holds
characters of the larger set, so all three are decoded as GB18030. Text is encoded in
exactly the set that the partner asks for: a character that the set lacks is an error that
names the character, never a `?`.

Partners do not always declare what they send. Bytes that are valid UTF-8 are taken as
UTF-8 whatever was declared: text in a GB encoding is hardly ever valid UTF-8 by accident,
while UTF-8 very often passes as GB18030 and would be read as other characters.

Some characters stood in the private use area of Unicode when GB18030 was made and were moved
since. `gb18030` is the edition of 2000, which Python's codec and most systems of that age
follow; `gb18030-2005` has A8BC at U+1E3F, and `gb18030-2022` has FE59, FE61 and sixteen others
in Unicode proper as well. Each edition is a bijection, so bytes and text come back as they
went; a profile says which one its city follows.
"""

import re
from collections.abc import Iterable

from adapters.engine.rejection import Unfit, rejected
from adapters.engine.row import Row

ENCODINGS = ("utf-8", "gb2312", "gbk", "gb18030", "gb18030-2005", "gb18030-2022")

_ALIASES = {
    "utf8": "utf-8",
    "gb-2312": "gb2312",
    "cp936": "gbk",
    "ms936": "gbk",
    "gb-18030": "gb18030",
}
_BOM = b"\xef\xbb\xbf"

_MOVED_2005 = {0xE7C7: 0x1E3F}  # A8BC
_MOVED_2022 = {
    **_MOVED_2005,
    **{0xE78D: 0xFE10, 0xE78E: 0xFE12, 0xE78F: 0xFE11, 0xE790: 0xFE13},  # A6D9 to A6DC
    **{0xE791: 0xFE14, 0xE792: 0xFE15, 0xE793: 0xFE16},  # A6DD to A6DF
    **{0xE794: 0xFE17, 0xE795: 0xFE18, 0xE796: 0xFE19},  # A6EC, A6ED, A6F3
    **{0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7},  # FE59 FE61 FE66 FE67
    **{0xE832: 0x9FB8, 0xE843: 0x9FB9, 0xE854: 0x9FBA, 0xE864: 0x9FBB},  # FE6D FE7E FE90 FEA0
}


def _swap(moved: dict[int, int]) -> dict[int, int]:
    """Both ways: what moved out of the private use area left its old code to the other."""
    return {**moved, **{new: old for old, new in moved.items()}}


_SWAPS = {"gb18030-2005": _swap(_MOVED_2005), "gb18030-2022": _swap(_MOVED_2022)}
_SWAPPED = {name: re.compile(f"[{''.join(map(chr, swap))}]") for name, swap in _SWAPS.items()}


def _swapped(text: str, edition: str) -> str:
    """`text` with the characters of `edition` exchanged; most texts have none."""
    return text.translate(_SWAPS[edition]) if _SWAPPED[edition].search(text) else text


def known_encoding(name: str) -> str:
    """The name of `ENCODINGS` that `name` means. Raises Unfit for any other encoding."""
    plain = name.strip().lower().replace("_", "-")
    plain = _ALIASES.get(plain, plain)
    if plain not in ENCODINGS:
        raise Unfit(f"encoding {name!r} is none of {', '.join(ENCODINGS)}")
    return plain


def declared_name(encoding: str) -> str:
    """The name by which a document declares `encoding`: editions have none of their own."""
    return encoding.partition("-20")[0].upper()


def settled(declared: str, profile: str) -> str:
    """The encoding to read by: `declared`, in the edition of GB18030 that the profile names."""
    return profile if profile in _SWAPS and declared != "utf-8" else declared


def decode(data: bytes, declared: str) -> str:
    """The text of `data`, which is declared to be in `declared`, one of `ENCODINGS`.

    Raises Unfit, naming the byte that fails, when `data` is neither UTF-8 nor `declared`.
    """
    data = data.removeprefix(_BOM)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        failing = error
    if declared != "utf-8":
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            failing = error
        else:
            return _swapped(text, declared) if declared in _SWAPS else text
    line = data.count(b"\n", 0, failing.start) + 1
    raise Unfit(f"not {declared}: byte {failing.start + 1} does not decode", line=line)


def encode(text: str, encoding: str) -> bytes:
    """The bytes of `text` in `encoding`, one of `ENCODINGS`.

    Raises Unfit, naming the first character that the encoding lacks.
    """
    codec = encoding
    if encoding in _SWAPS:
        text, codec = _swapped(text, encoding), "gb18030"
    try:
        return text.encode(codec)
    except UnicodeEncodeError as error:
        character = f"U+{ord(text[error.start]):04X}"
        raise Unfit(f"{encoding} has no character {character}") from error


def encode_rows(text: str, rows: Iterable[Row], encoding: str, partner: str) -> bytes:
    """The bytes of a document that was made of `rows`.

    Raises DocumentRejected, naming the first field that `encoding` cannot hold.
    """
    try:
        return encode(text, encoding)
    except Unfit as error:
        for row in rows:
            for column, value in row.values.items():
                if not _encodable(value, encoding):
                    field = f"{row.record}.{column}"
                    raise rejected(error.detail, partner=partner, field=field) from error
        raise rejected(error.detail, partner=partner, field="encoding") from error


def _encodable(text: str, encoding: str) -> bool:
    try:
        encode(text, encoding)
    except Unfit:
        return False
    return True
