"""What an office of the federation remembers, in `federation/notes.json`; nothing secret."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.errors import KeyUnusable
from gateway.federation.papers import invalid
from keys import strict_json
from keys.stores.uri import kid_of

_LONGEST = 1024 * 1024


class Notes(BaseModel):
    """Keys are named by their URI in the key store, newest last."""

    model_config = ConfigDict(frozen=True)

    member: str | None = None
    founding: tuple[str, ...] = ()
    publishing: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    approved_root: str | None = None  # the digest of a first root that we signed

    def kids(self) -> set[str]:
        """Of the keys by which the federation knows us."""
        found = set()
        for uri in (*([self.member] if self.member else []), *self.founding, *self.publishing):
            try:
                found.add(kid_of(uri))
            except KeyUnusable:
                continue
        return found


def notes_file(folder: Path) -> Path:
    """Where they stand in a member's folder."""
    return folder / "federation" / "notes.json"


def read_notes(folder: Path) -> Notes:
    """The notes in a member's folder; empty where there are none. Raises Wrong, OSError."""
    file = notes_file(folder)
    try:
        with file.open("rb") as source:
            return Notes.model_validate(strict_json.loads_object(source.read(_LONGEST)))
    except FileNotFoundError:
        return Notes()
    except (ValidationError, ValueError) as error:
        raise invalid(str(error), file) from None
