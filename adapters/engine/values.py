"""One value, both ways: the text of a native field and the canonical value it states.

`read` and `write` raise `Unfit` for what is wrong. `write` raises `NoPlace` for a value that
is right and that the field cannot say: that is a loss, not an error. It returns `Narrowed`
for what it can say only in part.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from adapters.engine.json_text import read_json
from adapters.engine.moments import TimeFormat
from adapters.engine.rejection import Unfit
from adapters.engine.tables import CodeTable
from contracts.codes import check_credit_code, check_region_code, region_code_from_twelve
from contracts.errors import CodeInvalid


class NoPlace(Exception):  # noqa: N818  # it is no error
    """The field cannot say this value."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is written says less than the value does."""

    text: str
    why: str


class Value(Protocol):
    """A way to read and write one value."""

    def read(self, text: str) -> Any:
        """The canonical value. Raises Unfit."""

    def write(self, value: Any) -> str | Narrowed:
        """The native text. Raises Unfit or NoPlace."""


class TextValue:
    """Text as it is."""

    def read(self, text: str) -> str:
        return text

    def write(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Unfit(f"text is wanted, not {type(value).__name__}")
        return value


@dataclass(frozen=True, slots=True)
class MomentValue:
    """A time; what is finer than the format is a loss."""

    format: TimeFormat

    def read(self, text: str) -> datetime:
        return self.format.read(text.strip())

    def write(self, value: Any) -> str | Narrowed:
        text = self.format.write(value)
        if self.format.carries(value):
            return text
        return Narrowed(text, f"written as {self.format.looks_like}, which is coarser")


class TableValue:
    """A code of a table and the word it means."""

    def __init__(self, table: CodeTable) -> None:
        self.name = table.name
        self._read: Mapping[str, str] = table.readings
        self._write: dict[str, str | Narrowed] = dict(table.writings)
        for word, code in table.narrowings.items():
            self._write[word] = Narrowed(
                code, f"written as {code}, which means {table.codes[code]}"
            )

    def read(self, text: str) -> str:
        word = self._read.get(text.strip())
        if word is None:
            raise Unfit(f"a code that table {self.name} does not know")
        return word

    def write(self, value: Any) -> str | Narrowed:
        code = self._write.get(str(value))
        if code is None:
            raise NoPlace(f"table {self.name} has no code for {value}")
        return code


_YUAN = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)


class MoneyValue:
    """Yuan as a decimal number outside, fen as a whole number inside. Never a float."""

    def read(self, text: str) -> int:
        found = _YUAN.fullmatch(text.strip())
        if found is None:
            raise Unfit("not an amount in yuan with at most two decimals")
        return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))

    def write(self, value: Any) -> str:
        yuan, fen = divmod(int(value), 100)
        return f"{yuan}.{fen:02d}"


_DIGITS = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


class CountValue:
    """A whole number; leading zeros are read."""

    def read(self, text: str) -> int:
        digits = text.strip().lstrip("0") or "0"
        if not text.strip() or _DIGITS.fullmatch(digits) is None:
            raise Unfit("not a whole number")
        return int(digits)

    def write(self, value: Any) -> str:
        return str(int(value))


class DigitsValue:
    """A canonical text that the native field, a number, can hold only if it is one."""

    def read(self, text: str) -> str:
        return text.strip()

    def write(self, value: Any) -> str:
        if _DIGITS.fullmatch(value) is None:
            raise NoPlace("the field holds whole numbers only")
        return str(value)


@dataclass(frozen=True, slots=True)
class FlagValue:
    """Yes and no."""

    yes: str
    no: str

    def read(self, text: str) -> bool:
        if text.strip() not in (self.yes, self.no):
            raise Unfit(f"neither {self.yes} nor {self.no}")
        return text.strip() == self.yes

    def write(self, value: Any) -> str:
        return self.yes if value else self.no


class RegionValue:
    """A region code of six digits; the longer forms with zeros behind it are read too.

    Nine digits reach down to a town and twelve to a village; we know no place below a county.
    """

    def read(self, text: str) -> str:
        code = text.strip()
        if len(code) == 9:
            code = f"{code}000"
        try:
            return region_code_from_twelve(code) if len(code) == 12 else check_region_code(code)
        except CodeInvalid as error:
            raise Unfit(error.detail) from error

    def write(self, value: Any) -> str:
        return str(value)


class CreditValue:
    """A unified social credit code."""

    def read(self, text: str) -> str:
        try:
            return check_credit_code(text.strip())
        except CodeInvalid as error:
            raise Unfit(error.detail) from error

    def write(self, value: Any) -> str:
        return str(value)


class JsonValue:
    """An object of names and JSON values, as JSON text."""

    def read(self, text: str) -> dict[str, Any]:
        value = read_json(text)
        if not isinstance(value, dict):
            raise Unfit("not an object of names and values")
        return value

    def write(self, value: Any) -> str:
        try:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise Unfit("a value that JSON cannot hold") from error


@dataclass(frozen=True, slots=True)
class ListValue:
    """A list of names in one text field, divided by `separator`.

    A text with line ends is divided at those instead. It is written so, a line end behind
    each name, when a name holds the separator, so that what is read is what was written.
    """

    separator: str

    def read(self, text: str) -> list[str]:
        pieces = text.split("\n") if "\n" in text else text.split(self.separator)
        return [piece for piece in pieces if piece]

    def write(self, value: Any) -> str:
        names = list(value)
        if any("\n" in name or "\r" in name for name in names):
            raise Unfit("a line end inside a name of a list")
        if any(self.separator in name for name in names):
            return "".join(f"{name}\n" for name in names)
        return self.separator.join(names)
