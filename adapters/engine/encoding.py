"""Bytes and text of partners, strictly both ways.

GB2312 and GBK are subsets of GB18030, and what is declared as one of them often holds
characters of the larger set, so all three are decoded as GB18030. Text is encoded in
exactly the set that the partner asks for: a character that the set lacks is an error that
names the character, never a `?`.

Partners do not always declare what they send. Bytes that are valid UTF-8 are taken as
UTF-8 whatever was declared: text in a GB encoding is hardly ever valid UTF-8 by accident,
while UTF-8 very often passes as GB18030 and would be read as other characters.

Python's `gb18030` codec follows the 2000 edition with the 2005 change of A8BC (U+1E3F); the
2005 edition keeps some twenty characters, FE59 and FE61 among them, in the private use area,
where the 2022 edition has them in Unicode proper. Both directions use the same codec, so
every character comes back as it went.
"""

from collections.abc import Iterable

from adapters.engine.rejection import Unfit, rejected
from adapters.engine.row import Row

ENCODINGS = ("utf-8", "gb2312", "gbk", "gb18030")
_DECODED_AS = {"utf-8": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030"}
_ALIASES = {
    "utf8": "utf-8",
    "gb-2312": "gb2312",
    "cp936": "gbk",
    "ms936": "gbk",
    "gb-18030": "gb18030",
}
_BOM = b"\xef\xbb\xbf"


def known_encoding(name: str) -> str:
    """The name of `ENCODINGS` that `name` means. Raises Unfit for any other encoding."""
    plain = name.strip().lower().replace("_", "-")
    plain = _ALIASES.get(plain, plain)
    if plain not in ENCODINGS:
        raise Unfit(f"encoding {name!r} is none of {', '.join(ENCODINGS)}")
    return plain


def decode(data: bytes, declared: str) -> str:
    """The text of `data`, which is declared to be in `declared`, one of `ENCODINGS`.

    Raises Unfit, naming the byte that fails, when `data` is neither UTF-8 nor `declared`.
    """
    data = data.removeprefix(_BOM)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        failing = error
    try:
        return data.decode(_DECODED_AS[declared])
    except UnicodeDecodeError as error:
        failing = error
    line = data.count(b"\n", 0, failing.start) + 1
    raise Unfit(f"not {declared}: byte {failing.start + 1} does not decode", line=line)


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
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def encode(text: str, encoding: str) -> bytes:
    """The bytes of `text` in `encoding`, one of `ENCODINGS`.

    Raises Unfit, naming the first character that the encoding lacks.
    """
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        character = f"U+{ord(text[error.start]):04X}"
        raise Unfit(f"{encoding} has no character {character}") from error
