"""The files that cities hand to each other, by mail or on a stick: JSON, all of it public.

Whatever is in one is checked when it is used; a paper itself proves nothing but what the
signatures inside prove.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.errors import Wrong
from keys import strict_json
from keys.atomic_file import write_atomically
from keys.trust.member import MemberCode, RegionCode

MAX_PAPER_LENGTH = 64 * 1024 * 1024


class _Paper(BaseModel):
    model_config = ConfigDict(frozen=True)


class MemberPaper(_Paper):
    """A member's file, its catalogue if it has one, and the role that signs both: to join
    with, or a new version.

    `role`, `member` and `catalogue` are texts whose exact bytes count; `key` is the member's
    own, as TUF writes it.
    """

    paper: Literal["federation.member"] = "federation.member"
    code: MemberCode
    key: dict[str, Any]
    role: str
    member: str
    catalogue: str | None = None


class FounderPaper(_Paper):
    """The public keys of a city that founds, and its file as a member."""

    paper: Literal["federation.founder"] = "federation.founder"
    code: MemberCode
    name: str
    founding: dict[str, Any]
    publishing: dict[str, Any]
    member: MemberPaper


class Proposal(_Paper):
    """New metadata that founders sign one after the other, and the members that it brings."""

    paper: Literal["federation.proposal"] = "federation.proposal"
    federation: str
    root: str | None = None
    targets: str
    members: tuple[MemberPaper, ...] = ()


class Invitation(_Paper):
    """What a new city starts from: the root files up to now, and where mirrors are."""

    paper: Literal["federation.invitation"] = "federation.invitation"
    federation: str
    code: MemberCode
    jurisdictions: tuple[RegionCode, ...]
    mirrors: tuple[str, ...] = ()
    roots: Annotated[tuple[str, ...], Field(min_length=1, max_length=1024)]


class CopyPaper(_Paper):
    """A whole repository in one file, texts by their path."""

    paper: Literal["federation.copy"] = "federation.copy"
    files: dict[str, str]


Paper: TypeAlias = MemberPaper | FounderPaper | Proposal | Invitation | CopyPaper

_PAPERS: TypeAdapter[Paper] = TypeAdapter(Annotated[Paper, Field(discriminator="paper")])


def read_paper(file: Path) -> Paper:
    """The paper in `file`. Raises OSError, and Wrong (federation.file_invalid)."""
    with file.open("rb") as source:
        data = source.read(MAX_PAPER_LENGTH + 1)
    if len(data) > MAX_PAPER_LENGTH:
        raise invalid(f"longer than {MAX_PAPER_LENGTH} bytes", file)
    try:
        return _PAPERS.validate_python(strict_json.loads_object(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise invalid(f"{place}: {first['msg']}", file) from None
    except ValueError as error:
        raise invalid(str(error), file) from None


def write_paper(file: Path, paper: Paper) -> Path:
    """Write `paper`, for everybody to read. Raises OSError."""
    text = paper.model_dump_json(indent=1, exclude_none=True) + "\n"
    write_atomically(file, text.encode(), mode=0o644)
    return file


def copy_paper(files: Mapping[str, bytes]) -> CopyPaper:
    return CopyPaper(files={path: data.decode() for path, data in files.items()})


def invalid(detail: str, file: Path | None = None) -> Wrong:
    return Wrong(detail, code="federation.file_invalid", file=file)


def not_now(detail: str) -> Wrong:
    """What is asked cannot be done in the state that this city is in."""
    return Wrong(detail, code="federation.not_now")
