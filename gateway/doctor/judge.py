"""The judgements: what was measured in, a finding out. Pure; `examine` does the measuring.

Bounds stand at the top; `docs/how-to/operate-a-gateway.md` prints them.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from contracts import limits
from contracts.errors import TongbanError
from gateway.doctor.finding import Finding, Level, good
from gateway.ports import Backlog
from keys.trust.member import KeyState, Member
from keys.trust.parting import left_at
from keys.trust.trust_list import key_state

DISK_FAULT_BYTES = 256 * limits.MIB
DISK_WARNING_BYTES = 2048 * limits.MIB
SKEW_WARNING_S = limits.CLOCK_SKEW_S / 5
NEXT_YEAR_FROM_MONTH = 11
OLDEST_WARNING_S = 10 * 60
OLDEST_FAULT_S = 60 * 60
ALARMS = ("message.conflict",)  # of what becomes an incident; signatures that fail are counted


def trouble(subject: str, error: TongbanError) -> Finding:
    """What an error of ours means; it brings its own remedy."""
    reason = error.reason
    return Finding(
        subject,
        Level.FAULT,
        f"{reason.zh} ({error.code}): {error.detail}",
        f"{reason.en} ({error.code}): {error.detail}",
        reason.remedy_zh,
        reason.remedy_en,
    )


def disk(free: int, total: int) -> Finding:
    """Space left for the store, in bytes."""
    gib, share = free / (1 << 30), 100 * free // max(1, total)
    zh, en = f"剩余 {gib:.1f} GiB ({share}%)", f"{gib:.1f} GiB free ({share} %)"
    if free >= DISK_WARNING_BYTES:
        return good("disk", zh, en)
    level = Level.FAULT if free < DISK_FAULT_BYTES else Level.WARNING
    return Finding(
        "disk",
        level,
        zh,
        en,
        "腾出空间或扩容: 写满后网关拒收新报文, 已出回执的不会丢失",
        "make room: when it is full, new messages are refused; what has a receipt stays",
    )


def clock(skews: Mapping[str, float]) -> Finding:
    """Seconds by which each partner's clock is ahead of ours."""
    if not skews:
        return Finding(
            "clock",
            Level.WARNING,
            "无法与对方核对时间: 没有可连通的成员",
            "not compared: no partner answers",
            "确认本机已启用 NTP",
            "see that this machine runs NTP",
        )
    partner, worst = max(skews.items(), key=lambda each: abs(each[1]))
    zh = f"与 {partner} 相差 {worst:+.0f} 秒"
    en = f"{worst:+.0f} s off that of {partner}"
    if abs(worst) < SKEW_WARNING_S:
        return good("clock", zh, en)
    level = Level.FAULT if abs(worst) >= limits.CLOCK_SKEW_S else Level.WARNING
    return Finding(
        "clock",
        level,
        zh,
        en,
        f"两侧启用 NTP: 超过 {limits.CLOCK_SKEW_S} 秒的批次会被拒收 (seal.clock)",
        f"run NTP on both sides: beyond {limits.CLOCK_SKEW_S} s batches are refused (seal.clock)",
    )


def queue(lane: Backlog, now_ms: int) -> Finding:
    """What waits in a lane, and how long its oldest ticket has."""
    age = max(0, now_ms - lane.oldest_at) / 1000 if lane.oldest_at is not None else 0.0
    subject = f"queue {lane.lane}"
    depth = f"≈ {lane.depth}" if lane.about else str(lane.depth)
    zh, en = f"{depth} 份, 最久 {age:.0f} 秒", f"{depth} wait, the oldest {age:.0f} s"
    if lane.held:
        zh, en = f"{zh}, 其中扣留 {lane.held} 份", f"{en}, {lane.held} are held"
    if age < OLDEST_WARNING_S:
        return good(subject, zh, en)
    return Finding(
        subject,
        Level.FAULT if age >= OLDEST_FAULT_S else Level.WARNING,
        zh,
        en,
        "tongban links 看连通情况, tongban queue list 看各件为何未发",
        "see with tongban links whether the partner answers, with tongban queue list what waits",
    )


def calendar(years: Collection[int], today: date) -> Finding:
    """Whether the holidays are known that time limits in working days need. The State Council
    announces those of the next year in November or so."""
    needed = [today.year] + ([today.year + 1] if today.month >= NEXT_YEAR_FROM_MONTH else [])
    lacking = [year for year in needed if year not in years]
    if not lacking:
        last = max(years)
        return good("calendar", f"节假日已知至 {last} 年", f"holidays are known up to {last}")
    named = ", ".join(map(str, lacking))
    return Finding(
        "calendar",
        Level.WARNING,
        f"缺少 {named} 年的节假日安排, 工作日期限将只按周末推算",
        f"the holidays of {named} are not known: working days would go by weekends alone",
        "国务院办公厅公布后, 在 time.calendars 目录放入该年的 TOML 文件, 或升级 chinesecalendar 包",
        "once they are announced, put a file of that year into the folder time.calendars, or "
        "upgrade the package chinesecalendar",
    )


def incidents(counts: Mapping[str, int]) -> Finding:
    """Alarms among what is kept."""
    alarms = {code: counts[code] for code in ALARMS if counts.get(code)}
    total = sum(counts.values())
    if not alarms:
        return good("incidents", f"{total} 条, 无警报", f"{total}, none of them an alarm")
    named = ", ".join(f"{code} {count}" for code, count in alarms.items())
    return Finding(
        "incidents",
        Level.WARNING,
        f"警报: {named}",
        f"alarms: {named}",
        "tongban incident list 查看, 与对方核对",
        "look at tongban incident list, compare with the partner",
    )


def partner_keys(member: Member, now: datetime) -> Finding | None:
    """What a partner lacks to exchange with us today; None when it lacks nothing."""
    for keys, zh, en in (
        (member.signing_keys, "签名", "signing"),
        (member.sealing_keys, "加密", "sealing"),
    ):
        if not any(key_state(key, now) is KeyState.VALID for key in keys):
            return Finding(
                f"partner {member.code}",
                Level.FAULT,
                f"名单中没有有效的{zh}公钥",
                f"the list holds no valid {en} key of it",
                "索取对方新的 member.json, 核对指纹后 tongban members add",
                "ask for its new member.json, compare fingerprints, tongban members add",
            )
    return None


def leaving(member: Member, now: datetime) -> Finding | None:
    """That a partner has left, or will; None when it stays."""
    end = left_at(member)
    if end is None:
        return None
    subject, day = f"partner {member.code}", f"{end:%Y-%m-%d %H:%M} UTC"
    if end <= now:
        return good(subject, f"{member.name} 已于 {day} 退出", f"left on {day}")
    return Finding(
        subject,
        Level.WARNING,
        f"{member.name} 将于 {day} 退出",
        f"leaves on {day}",
        "在此之前办结往来办件; 此后发往该城市的报文不再接收",
        "finish what is open with it before; from then on nothing is taken for it",
    )
