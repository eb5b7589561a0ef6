"""The table `[store]` of the settings, written anew without touching anything else."""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import orjson

from contracts.errors import SettingsInvalid
from gateway.settings import StoreTable

_TABLE = re.compile(
    r"^\[store\][^\n]*\n(?:(?!\[)[^\n]*\n)*?(?=(?:[ \t]*(?:#[^\n]*)?\n)*(?:\[|\Z))", re.MULTILINE
)
"""From its head to the next head or to the end, less the remarks before that."""


def store_table(store: StoreTable) -> str:
    """The lines of a table that says what `store` says."""
    values = store.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    # A JSON string is a basic string of TOML as well.
    lines = [f"{name} = {orjson.dumps(value).decode()}\n" for name, value in values.items()]
    return "[store]\n" + "".join(lines)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A settings file as it shall be, found to be sound before anything is done."""

    file: Path
    text: str

    @classmethod
    def of(cls, file: Path, store: StoreTable) -> "Rewritten":
        """Raises SettingsInvalid when only a person can change this file safely."""
        old = file.read_text("utf-8").rstrip("\n") + "\n"
        text, found = _TABLE.subn(lambda _: store_table(store), old)
        if not found:
            text = f"{old.rstrip()}\n\n{store_table(store)}"
        wanted = {**tomllib.loads(old), "store": tomllib.loads(store_table(store))["store"]}
        try:
            sound = tomllib.loads(text) == wanted
        except tomllib.TOMLDecodeError:
            sound = False
        if not sound:
            raise SettingsInvalid(
                ["[store]: written in a way that only a person can change: leave out --switch"],
                source=str(file),
            )
        return cls(file, text)

    def write(self) -> None:
        """At once or not at all; owner and mode stay as far as we may set them."""
        fresh = self.file.with_name(f".{self.file.name}.new")
        status = self.file.stat()
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, status.st_mode & 0o777)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            if os.geteuid() == 0:
                os.fchown(out.fileno(), status.st_uid, status.st_gid)
            os.fchmod(out.fileno(), status.st_mode & 0o777)
            out.write(self.text)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self.file)
