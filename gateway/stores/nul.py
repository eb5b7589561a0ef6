"""NUL in texts: PostgreSQL holds every character but this one, so it is written as two.

NUL becomes SUB and ``0``, SUB itself becomes SUB and ``1``, on the way in, and back on the
way out: different texts stay different, equal ones equal, and every text comes back as it
was. All others, that is practically all, stand in the database as they are.
"""

from typing import Any

from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.types.string import StrBinaryDumperVarchar, StrDumperUnknown

_NUL, _SUB = "\0", "\x1a"
_TEXT_TYPES = ("text", "varchar")


def keep_nul(connection: "Connection[Any]") -> None:
    """Texts that go through `connection` may hold NUL."""
    connection.adapters.register_dumper(str, _ElementDumper)
    connection.adapters.register_dumper(str, _TextDumper)
    for name in _TEXT_TYPES:
        connection.adapters.register_loader(name, _TextLoader)
        connection.adapters.register_loader(name, _BinaryTextLoader)


class _TextDumper(StrDumperUnknown):
    def dump(self, obj: str) -> bytes:
        return _written(obj).encode()


class _ElementDumper(StrBinaryDumperVarchar):
    """Of a text in an array, which goes in the binary format."""

    def dump(self, obj: str) -> bytes:
        return _written(obj).encode()


def _written(text: str) -> str:
    if _NUL in text or _SUB in text:
        return text.replace(_SUB, "\x1a1").replace(_NUL, "\x1a0")
    return text


class _TextLoader(Loader):
    def load(self, data: Buffer) -> str:
        text = bytes(data).decode()
        if _SUB in text:
            text = text.replace("\x1a0", _NUL).replace("\x1a1", _SUB)
        return text


class _BinaryTextLoader(_TextLoader):
    """A text is the same in both formats."""

    format = Format.BINARY
