"""Look at everything a gateway lives on, and say what is wrong and what to do about it."""

import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from contracts.errors import REASONS, TongbanError
from contracts.working_days import day_of
from gateway import config
from gateway.bootstrap import Parts
from gateway.calendars import load_calendar
from gateway.contact import contact_of
from gateway.doctor import judge, keys, meeting
from gateway.doctor.finding import Finding, Level, good
from gateway.doctor.officers import officers
from gateway.doctor.trust import federation
from gateway.doctor.visit import Visit, visit_all
from gateway.federation.notes import read_notes
from gateway.keyholding.backup_note import read_note
from gateway.lanes import merged
from gateway.membership import read_entry
from keys.jws import kid_in
from keys.trust.federation.federation import Federation
from keys.trust.federation.standing import Standing
from keys.trust.key_judgement import is_compromised
from keys.trust.member import Member
from keys.trust.parting import has_left

_MOST_SEALS = 10_000  # that are looked through for one key


async def examine(folder: config.Home, parts: Parts) -> AsyncIterator[Finding]:
    """Findings as they come: what is near first, partners last."""
    yield good("configuration", f"{folder.folder} 有效", f"{folder.folder} is valid")
    store = folder.settings.store  # a server's disk cannot be seen from here
    place = folder.path(store.path).parent if store.engine == "sqlite" else folder.folder
    usage = shutil.disk_usage(place)
    yield judge.disk(usage.free, usage.total)
    for finding in await _store(parts):
        yield finding
    yield await _officers(parts)
    if folder.settings.queue.engine == "rabbitmq":
        yield await _broker(parts, folder.settings.queue.url or "")
    calendar = load_calendar(folder.path(folder.settings.time.calendars))
    yield judge.calendar(calendar.years, day_of(parts.home.clock.now()))
    standing = _standing(folder, parts)
    if standing is not None:
        for finding in federation(standing, parts.home.code, parts.home.clock.now()):
            yield _to_call(finding, standing.members)
    try:
        members = list(parts.home.trust.members())
        us = parts.home.trust.member(parts.home.code)
    except TongbanError as error:
        yield judge.trouble("members", error)
        return
    now = parts.home.clock.now()
    for finding in _keys(folder, parts, us, now):
        yield finding
    for finding in meeting.shown(folder, us, now):
        yield finding
    others = [member for member in members if member.code != us.code]
    partners = [member for member in others if not has_left(member, now)]
    called = meeting.callings(folder, parts, [us, *partners])
    visits = {visit.code: visit for visit in await visit_all(called)}
    yield _ourselves(visits[us.code])
    if not others:
        yield _alone()
    for member in partners:
        found = meeting.lacking(folder, member, now) or _partner(member, visits[member.code])
        yield _to_call(found, {member.code: member})
    for member in others:
        async for late in _taken_too_late(parts, member):
            yield _to_call(late, {member.code: member})
        if leaving := judge.leaving(member, now):
            yield leaving
    skews = {p.code: visits[p.code].skew for p in partners}
    yield judge.clock({code: skew for code, skew in skews.items() if skew is not None})


def _keys(folder: config.Home, parts: Parts, us: Member, now: datetime) -> Iterator[Finding]:
    try:
        here = parts.ring.here()
        parts.ring.refresh()
    except TongbanError as error:
        yield judge.trouble("keys", error)
        return
    for kid, fault in parts.ring.faults().items():
        yield judge.trouble(f"key {kid}", fault)
    yield from keys.own_keys(us, here.keys() - parts.ring.faults().keys(), now)
    try:
        proposed = read_entry(folder.folder / "member.json")
    except TongbanError:
        proposed = None
    try:
        elsewhere = read_notes(folder.folder).kids()
    except (OSError, TongbanError):
        elsewhere = set()
    yield from keys.unpublished(us, proposed, elsewhere, here)
    if found := keys.backup(read_note(folder.folder), here):
        yield found


async def _taken_too_late(parts: Parts, member: Member) -> AsyncIterator[Finding]:
    """Under keys of a partner that were closed as compromised."""
    for key in member.signing_keys:
        if key.closed_at is None or not is_compromised(key):
            continue
        since = int(key.closed_at.timestamp() * 1000)
        try:
            seals = await parts.store.seals_of(member.code, since, _MOST_SEALS)
        except TongbanError:
            return  # the database has its own finding
        under = [seal for seal in seals if kid_in(seal.token) == key.kid]
        if under:
            yield keys.taken_too_late(member, key.kid, under)


def _standing(folder: config.Home, parts: Parts) -> Standing | None:
    """What is verified of the federation; None where there is none, or no copy of it."""
    if folder.settings.trust.root is None:
        return None

    trust = parts.home.trust
    return trust.standing if isinstance(trust, Federation) else None


def _to_call(finding: Finding, members: Mapping[str, Member]) -> Finding:
    """With the contact of the partner that it is about, where something is wrong with it."""
    member = members.get(finding.subject.rpartition(" ")[2])
    if member is None or finding.level is Level.GOOD:
        return finding
    return replace(finding, contact=contact_of(member))


async def _store(parts: Parts) -> list[Finding]:
    try:
        lanes = await parts.store.backlog()
        counts = await parts.store.incident_counts()
    except TongbanError as error:
        return [judge.trouble("database", error)]
    now = parts.home.now_ms()
    return [
        good("database", "可读", "answers"),
        *(judge.queue(lane, now) for lane in merged(lanes)),
        judge.incidents(counts),
    ]


async def _officers(parts: Parts) -> Finding:
    try:
        office = await parts.officers.office()
    except TongbanError as error:
        return judge.trouble("officers", error)
    return officers(office.accounts.values())


async def _broker(parts: Parts, address: str) -> Finding:
    """`address` has no password: the settings allow none there."""
    try:
        await parts.queue.check()
    except TongbanError as error:
        return judge.trouble("broker", error)
    return good("broker", f"{address} 可用", f"{address} can be used")


def _ourselves(visit: Visit) -> Finding:
    if visit.fault is None:
        return good("gateway", "本市网关就绪", "our gateway is ready")
    return Finding(
        "gateway",
        Level.FAULT,
        f"本市网关未应答: {visit.fault}",
        f"our gateway does not answer: {visit.fault}",
        "tongban run 启动它; 若已启动, 核对名单中本市的地址",
        "start it with tongban run; if it runs, check our address in the list",
    )


def _partner(member: Member, visit: Visit) -> Finding:
    subject = f"partner {member.code}"
    if visit.fault is None:
        took = f"{visit.milliseconds:.0f}"
        return good(subject, f"{member.name} 已应答, {took} 毫秒", f"answers in {took} ms")
    if visit.reason is not None:
        reason = REASONS[visit.reason]
        return Finding(
            subject,
            Level.FAULT,
            f"{reason.zh} ({reason.code}): {visit.fault}",
            f"{reason.en} ({reason.code}): {visit.fault}",
            reason.remedy_zh,
            reason.remedy_en,
        )
    return Finding(
        subject,
        Level.FAULT,
        f"{member.name} 未应答: {visit.fault}",
        f"does not answer at {member.address}: {visit.fault}",
        f"核对网络与地址 {member.address}, 联系对方值守; 报文保留在队列中",
        "check network and address, call the partner; messages wait in the queue meanwhile",
    )


def _alone() -> Finding:
    return Finding(
        "members",
        Level.WARNING,
        "名单中只有本市",
        "nobody but us is in the list",
        "tongban members add 加入对方的 member.json",
        "take in a partner's member.json with tongban members add",
    )
