"""Bring a copy of the federation in: from mirrors, from a folder on a stick, from one file."""

from collections.abc import Sequence
from pathlib import Path

from contracts.errors import TrustRefused
from gateway import config
from gateway.exchange.refresh_trust import RefreshTrust, Visit
from gateway.federation.agreeing import keep_root
from gateway.federation.office import Office, root_digest, root_of
from gateway.federation.papers import CopyPaper, not_now, read_paper
from gateway.federation.scrutiny import parse_root
from gateway.ports import Clock, Mirror, TrustMeter
from keys.atomic_file import write_atomically
from keys.trust.federation import layout
from keys.trust.federation.charter import charter_of
from keys.trust.federation.copy import Copy

_OLD_TABLE = '[trust]\nmembers = "members.json"\n'


class PaperMirror:
    """A `Mirror` in one file, as `tongban federation publish --copy` writes it."""

    def __init__(self, name: str, paper: CopyPaper) -> None:
        self.name = name
        self._files = paper.files

    async def read(self, path: str, limit: int) -> bytes | None:
        text = self._files.get(path)
        if text is None:
            return None
        data = text.encode()
        if len(data) > limit:
            raise TrustRefused(
                f"more than {limit} bytes", code="trust.oversized", mirror=self.name, file=path
            )
        return data

    async def close(self) -> None:
        return


def paper_mirror(file: Path) -> PaperMirror:
    """The copy in `file`. Raises OSError, and Wrong (federation.file_invalid)."""
    paper = read_paper(file)
    if not isinstance(paper, CopyPaper):
        raise not_now(f"{file} is a {paper.paper}, and not a copy of the federation")
    return PaperMirror(str(file), paper)


async def first_root(office: Office, mirrors: Sequence[Mirror]) -> None:
    """A founder that signed the first root takes that very root as its root file.

    Raises Wrong (federation.not_now) for whoever signed none: a root file comes with an
    invitation, for a mirror cannot be believed about it.
    """
    if office.anchor.exists():
        return
    if office.notes.approved_root is None:
        raise not_now("there is no root file: join with an invitation first")
    path = layout.metadata_path("root", 1)
    for mirror in mirrors:
        data = await mirror.read(path, layout.ROOT_BYTES)
        if (
            data is not None
            and root_digest(parse_root(data.decode())) == office.notes.approved_root
        ):
            keep_root(office, [data.decode()])
            return
    raise not_now("no mirror has the root that we signed")


async def refresh(
    office: Office, mirrors: Sequence[Mirror], clock: Clock, meter: TrustMeter
) -> list[Visit]:
    """Ask every mirror once, and keep the newest that holds. Closes the mirrors."""
    try:
        await first_root(office, mirrors)
        return await RefreshTrust(office.federation(), mirrors, clock, meter).once()
    finally:
        for mirror in mirrors:
            await mirror.close()


def settle(office: Office) -> bool:
    """Let `tongban.toml` name the federation instead of `members.json`, once we are in it.

    Only where the table still stands as `tongban init` wrote it; False when nothing was done.
    """
    settings = office.folder.settings.trust
    file = office.folder.folder / config.FILE_NAME
    text = file.read_text("utf-8")
    standing = office.federation().standing
    if settings.root is not None or standing is None or office.code not in standing.members:
        return False
    if _OLD_TABLE not in text:
        return False
    table = "[trust]\n" + "\n".join(settings_lines(office)) + "\n"
    write_atomically(file, text.replace(_OLD_TABLE, table).encode(), mode=0o644)
    return True


def settings_lines(office: Office) -> list[str]:
    """What stands in the table `trust` of a member of this federation."""
    names = office.notes.mirrors or founders_mirrors(office)
    mirrors = ", ".join(f'"{name}"' for name in names)
    folder = office.folder.settings.trust.folder
    return [f'root = "{folder}/root.json"', f"mirrors = [{mirrors}]", f'folder = "{folder}"']


def founders_mirrors(office: Office) -> tuple[str, ...]:
    """The gateways of the other founding cities, each of which serves a mirror."""
    standing = office.standing()
    codes = [founder.code for founder in charter_of(root_of(standing)).founders]
    return tuple(
        f"{standing.members[code].address.rstrip('/')}/trust"
        for code in codes
        if code in standing.members and code != office.code
    )


def whole(office: Office) -> dict[str, bytes]:
    """Every file of our copy, with all roots, for a `CopyPaper`."""
    standing = office.standing()
    known = Copy(office.copy.folder).known().files
    return {**{path: data for path, data in known.items() if "root" in path}, **standing.files}
