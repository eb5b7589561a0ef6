"""Looking at a federation: our copy, what mirrors give, and what is wrong with either."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from tuf.api.metadata import Metadata, Root

from contracts.errors import TongbanError
from gateway.cli import screen
from gateway.cli.federation_texts import show_root
from gateway.cli.language import say
from gateway.cli.members import title
from gateway.clock import SystemClock
from gateway.contact import contact_of
from gateway.exchange.link_status import printable
from gateway.exchange.refresh_trust import Visit, walk_mirror
from gateway.federation import copying
from gateway.federation.office import Office
from gateway.links.mirror import mirror
from gateway.links.mirror_tls import MirrorTls
from gateway.membership import grouped
from gateway.metrics import Metrics
from gateway.ports import Mirror
from keys.trust.federation import layout
from keys.trust.federation.rules import spoken_for_twice
from keys.trust.federation.standing import TOP_ROLES, Fault, Standing
from keys.trust.parting import left_at, reason_of_leaving

_ROLES = {
    "root": ("根文件", "root"),
    "targets": ("成员授权", "targets"),
    "snapshot": ("快照", "snapshot"),
    "timestamp": ("时间戳", "timestamp"),
}


def mirrors_of(office: Office) -> list[Mirror]:
    """Those of the settings, or else those of the invitation."""
    names = office.folder.settings.trust.mirrors or office.notes.mirrors
    if not names and office.anchor.exists():
        names = copying.founders_mirrors(office)
    return [mirror(name, office.folder.folder, _tls(office)) for name in names]


async def bring(office: Office, source: str | None) -> list[Visit]:
    """Ask the mirrors, or one source: an address, a folder, or a copy in one file."""
    mirrors = mirrors_of(office) if source is None else [_source(office, source)]
    return await copying.refresh(office, mirrors, SystemClock(), Metrics())


def _source(office: Office, source: str) -> Mirror:
    if Path(source).is_file():
        return copying.paper_mirror(Path(source))
    return mirror(source, Path.cwd(), _tls(office))


def _tls(office: Office) -> MirrorTls:
    known = office.federation() if office.anchor.exists() else None
    return MirrorTls(known, SystemClock())


def refresh_now(office: Office) -> None:
    """Before something is published: start from the newest. Mirrors that fail are named."""
    visits = asyncio.run(bring(office, None))
    show_visits([visit for visit in visits if visit.error is not None], to_err=True)


async def check(office: Office) -> bool:
    """Walk through every mirror and look at our copy; whether nothing is wrong."""
    federation, good = office.federation(), True
    for each in mirrors_of(office):
        try:
            standing = await walk_mirror(federation.new_walk(), each)
            _line(True, f"{each.name}  {_version(standing)}")
        except TongbanError as error:
            good = _line(False, f"{each.name}  {_meaning(error)}")
        finally:
            await each.close()
    ours = federation.standing
    if ours is None:
        try:
            federation.members()
        except TongbanError as error:
            return _line(False, _meaning(error))
        return False
    now = office.now()
    for role in TOP_ROLES:
        left = ours.expires[role] - now
        line = f"{say(*_ROLES[role])}  {_until(ours.expires[role])}"
        good = _line(left > layout.warn_before(role), line) and good
    for fault in ours.faults:
        good = _line(False, _fault(fault, ours))
    for code, member in ours.members.items():
        if code in ours.expires and ours.expires[code] - now < layout.WARN_LONG:
            line = f"{code}  {_until(ours.expires[code])}  {contact_of(member)}"
            good = _line(False, line.rstrip())
    for region in spoken_for_twice(ours.members):
        good = _line(False, say(f"辖区重复 {region}", f"spoken for twice: {region}"))
    return good


def show_visits(visits: Sequence[Visit], *, to_err: bool = False) -> None:
    """One line a mirror."""
    for visit in visits:
        if visit.error is not None:
            _line(False, f"{visit.mirror}  {_meaning(visit.error)}", to_err=to_err)
        elif visit.standing is not None:
            _line(True, f"{visit.mirror}  {_version(visit.standing)}", to_err=to_err)


def show_standing(standing: Standing, now: datetime) -> None:
    """In one line: version, members, and what ends first."""
    role, end = standing.first_end()
    days = (end - now).days
    _line(
        not standing.faults,
        f"{_version(standing)}  "
        + say(
            f"{len(standing.members)} 个成员, {_ROLES[role][0]}最先到期: {days} 天后",
            f"{len(standing.members)} members; the {role} ends first, in {days} days",
        ),
    )
    for fault in standing.faults:
        _line(False, _fault(fault, standing))


def _fault(fault: Fault, standing: Standing) -> str:
    """What of a member is not taken, and whom to call there."""
    member = standing.members.get(fault.member)
    call = contact_of(member) if member is not None else ""
    line = f"{fault.member}  {fault.code}: {printable(fault.detail, 500)}"
    return f"{line}  {say('联系', 'call')} {call}" if call else line


def show_federation(standing: Standing, now: datetime) -> None:
    """Founders, members, and until when each file holds."""
    path = layout.metadata_path("root", standing.versions["root"])
    show_root(Metadata[Root].from_bytes(standing.files[path]))
    table = Table.grid(padding=(0, 2))
    for role in TOP_ROLES:
        version = say(f"第 {standing.versions[role]} 版", f"version {standing.versions[role]}")
        style = "green" if standing.expires[role] > now + layout.WARN_SHORT else "yellow"
        table.add_row(say(*_ROLES[role]), version, Text(_until(standing.expires[role]), style))
    screen.out().print(Padding(table, (0, 0, 0, 2)))
    for code in standing.members:
        _show_member(standing, code, now)
    show_standing(standing, now)


def _show_member(standing: Standing, code: str, now: datetime) -> None:
    member, end = standing.members[code], standing.expires.get(code)
    screen.out().print(title(member))
    line = f"  {say('辖区', 'speaks for')}: {' '.join(member.jurisdictions)}"
    screen.out().print(line if end is None else f"{line}  {_until(end)}", style="dim")
    catalogue = standing.catalogues.get(code)
    if catalogue is not None:
        digest = grouped(hashlib.sha256(catalogue).hexdigest())
        size = say(f"{len(catalogue)} 字节", f"{len(catalogue)} bytes")
        screen.out().print(f"  {say('目录', 'catalogue')}: {size}  SHA-256 {digest}", style="dim")
    if (left := left_at(member)) is not None:
        why = printable(reason_of_leaving(member) or "", 200)
        said = say(f"退出 {left:%Y-%m-%d}", f"left {left:%Y-%m-%d}")
        screen.out().print(Text(f"  {said}  {why}", "yellow"))
    elif _is_troubled(standing, code, now) and (call := contact_of(member)):
        screen.out().print(Text(f"  {say('联系', 'call')} {call}", "yellow"))


def _is_troubled(standing: Standing, code: str, now: datetime) -> bool:
    """Whether somebody should call it: its file is not taken, or ends."""
    ends_soon = code in standing.expires and standing.expires[code] - now < layout.WARN_LONG
    return ends_soon or any(fault.member == code for fault in standing.faults)


def _line(good: bool, text: str, *, to_err: bool = False) -> bool:
    mark = Text("✓ " if good else "✗ ", "green" if good else "bold red")
    (screen.err() if to_err else screen.out()).print(mark.append(text, "default"), soft_wrap=True)
    return good


def _version(standing: Standing) -> str:
    return say(f"第 {standing.version} 版", f"version {standing.version}")


def _until(end: datetime) -> str:
    return say(f"有效至 {end:%Y-%m-%d}", f"until {end:%Y-%m-%d}")


def _meaning(error: TongbanError) -> str:
    return f"{say(error.reason.zh, error.reason.en)} ({error.code}): {error.detail}"
