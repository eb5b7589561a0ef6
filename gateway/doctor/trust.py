"""The judgement of a federation: how long it holds, and what is not taken. Pure."""

from collections.abc import Iterator
from datetime import datetime

from gateway.doctor.finding import Finding, Level, good
from keys.trust.federation import layout
from keys.trust.federation.standing import TOP_ROLES, Standing

_NAMES = {
    "root": ("根文件", "root"),
    "targets": ("成员授权", "targets"),
    "snapshot": ("快照", "snapshot"),
    "timestamp": ("时间戳", "timestamp"),
}
_BY_FOUNDERS = (
    "请创始城市 tongban federation found --renew, 批准后发布",
    "ask the founding cities for tongban federation found --renew, approve and publish",
)
_BY_PUBLISHER = (
    "没有镜像给出更新的版本: 检查 trust.mirrors 与网络; 请创始城市每日 tongban federation publish",
    "no mirror has anything newer: look at trust.mirrors and the network; ask a founding city "
    "for tongban federation publish, daily",
)
_REMEDIES = {
    "root": _BY_FOUNDERS,
    "targets": _BY_FOUNDERS,
    "snapshot": _BY_PUBLISHER,
    "timestamp": _BY_PUBLISHER,
}


def federation(standing: Standing, us: str, now: datetime) -> Iterator[Finding]:
    """What ends soon, ours and the federation's, and whose file is not taken."""
    ends = [finding for role in TOP_ROLES if (finding := _end(standing, role, now))]
    role, end = standing.first_end()
    yield from ends
    if not ends:
        yield good(
            "trust",
            f"第 {standing.version} 版, {len(standing.members)} 个成员, 有效至 {end:%Y-%m-%d}",
            f"version {standing.version}, {len(standing.members)} members, "
            f"until {end:%Y-%m-%d} ({role})",
        )
    for fault in standing.faults:
        yield Finding(
            f"trust {fault.member}",
            Level.WARNING,
            f"其新文件未采用 ({fault.code}): {fault.detail}",
            f"its new file is not taken ({fault.code}): {fault.detail}",
            "沿用其上一份文件; 请该成员改正后重新发布",
            "its last good file stays; ask the member to mend it and publish again",
        )
    own = standing.expires.get(us)
    if own is not None and own - now < layout.WARN_LONG:
        yield Finding(
            "trust",
            Level.FAULT if own <= now else Level.WARNING,
            f"本市文件的签署将于 {own:%Y-%m-%d} 到期",
            f"the signature of our own file ends on {own:%Y-%m-%d}",
            "tongban federation publish 重新签署, 交创始城市发布",
            "sign it anew with tongban federation publish, and have it published",
        )


def _end(standing: Standing, role: str, now: datetime) -> Finding | None:
    end = standing.expires[role]
    if end - now >= layout.warn_before(role):
        return None
    zh, en = _NAMES[role]
    return Finding(
        "trust",
        Level.FAULT if end <= now else Level.WARNING,
        f"{zh}将于 {end:%Y-%m-%d %H:%M} UTC 到期, 此后名单停用, 办件停止交换",
        f"the {en} ends on {end:%Y-%m-%d %H:%M} UTC; from then on no case is exchanged",
        *_REMEDIES[role],
    )
