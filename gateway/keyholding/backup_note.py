"""When the last backup was made, and of which keys: so that somebody is told when it is old."""

from collections.abc import Collection
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from keys import strict_json
from keys.atomic_file import write_atomically

FILE_NAME = "keys-backup.json"
_LONGEST = 1024 * 1024


class BackupNote(BaseModel):
    """Nothing secret: when, where to, and the names of the keys."""

    model_config = ConfigDict(frozen=True)

    made_at: AwareDatetime
    file: str
    kids: tuple[str, ...]

    def lacks(self, kids: Collection[str]) -> list[str]:
        """Those of `kids` that came after the backup, by name."""
        return sorted(set(kids) - set(self.kids))


def read_note(folder: Path) -> BackupNote | None:
    """The note in a member's folder; None when there is none that can be read."""
    try:
        with (folder / FILE_NAME).open("rb") as file:
            return BackupNote.model_validate(strict_json.loads_object(file.read(_LONGEST)))
    except (OSError, ValidationError, ValueError):
        return None


def write_note(folder: Path, note: BackupNote) -> None:
    """Raises OSError."""
    text = note.model_dump_json(indent=2) + "\n"
    write_atomically(folder / FILE_NAME, text.encode(), mode=0o600)
