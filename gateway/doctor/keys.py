"""The judgement of our own keys: what signs and opens, until when, what is missing. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from gateway.doctor.finding import Finding, Level, good
from gateway.keyholding.backup_note import BackupNote
from gateway.keyholding.holdings import KEY_ENDS_SOON
from gateway.records import SealRecord
from keys.stores.uri import FILE, scheme_of
from keys.trust.key_changes import KEY_USES, KeyUse, keys_of
from keys.trust.key_terms import FOR_EVER, covered_until, newest_good
from keys.trust.member import KeyState, Member, MemberKey
from keys.trust.trust_list import key_state

_SUBJECTS: dict[KeyUse, str] = {
    "signing": "key signing",
    "sealing": "key opening",
    "log": "key log",
}
_NEEDED: tuple[KeyUse, ...] = ("signing", "sealing")


def own_keys(us: Member, here: Collection[str], now: datetime) -> Iterator[Finding]:
    """`us`: our entry in the list of members; `here`: the kids whose private half we have."""
    for use in _NEEDED:
        yield _in_use(use, keys_of(us, use), here, now)
    for use in KEY_USES:
        for key in keys_of(us, use):
            waits = key_state(key, now)
            if key.kid not in here and waits in {KeyState.VALID, KeyState.NOT_YET_VALID}:
                yield _missing(use, key)


def unpublished(
    us: Member, proposed: Member | None, elsewhere: Collection[str], here: Collection[str]
) -> Iterator[Finding]:
    """Private keys that nobody knows the other half of. `elsewhere`: those that the federation
    knows us by; `proposed`: our own file."""
    known = {key.kid for use in KEY_USES for key in keys_of(us, use)} | set(elsewhere)
    waiting = {key.kid for use in KEY_USES for key in keys_of(proposed, use)} if proposed else set()
    for kid in sorted(set(here) - known):
        if kid in waiting:
            yield Finding(
                "keys",
                Level.WARNING,
                f"{kid} 尚未公布, 不会启用",
                f"{kid} is not published yet, and will not be used",
                "公布本市条目: tongban federation publish, 或 tongban members add member.json",
                "publish our own file: tongban federation publish, or tongban members add "
                "member.json",
            )
        else:
            yield Finding(
                "keys",
                Level.WARNING,
                f"{kid} 有私钥, 但未在任何地方公布",
                f"{kid} is in the key store, and published nowhere",
                "不再需要则移出密钥目录; 否则查明其来历",
                "move it out of the key folder if nobody needs it; or find out what it is for",
            )


def backup(note: BackupNote | None, here: Mapping[str, str]) -> Finding | None:
    """`here`: the URI of each private key, by its kid. None: no key is in a file."""
    files = [kid for kid, uri in here.items() if scheme_of(uri) == FILE]
    if not files:
        return None
    remedy = (
        "tongban keys backup 文件, 存放于别处",
        "tongban keys backup FILE, and keep it elsewhere",
    )
    if note is None:
        return Finding(
            "keys backup",
            Level.WARNING,
            "从未备份: 磁盘损坏则私钥尽失",
            "never made: the private keys would be lost with the disk",
            *remedy,
        )
    if lacking := note.lacks(files):
        return Finding(
            "keys backup",
            Level.WARNING,
            f"{note.made_at:%Y-%m-%d} 的备份不含 {', '.join(lacking)}",
            f"that of {note.made_at:%Y-%m-%d} lacks {', '.join(lacking)}",
            *remedy,
        )
    made = f"{note.made_at:%Y-%m-%d}"
    return good("keys backup", f"{made}, 含全部 {len(files)} 个私钥", f"of {made}, with all keys")


def taken_too_late(member: Member, kid: str, seals: Sequence[SealRecord]) -> Finding:
    """What we took under a key of a partner after it was closed as compromised, before our list
    had it: a thief may have sent it. `seals` is not empty."""
    first, last = (datetime.fromtimestamp(seal.at / 1000, UTC) for seal in (seals[0], seals[-1]))
    when = f"{first:%Y-%m-%d %H:%M} – {last:%Y-%m-%d %H:%M} UTC"
    return Finding(
        f"partner {member.code}",
        Level.WARNING,
        f"{kid} 因泄露关闭之后, 仍凭它收下 {len(seals)} 个批次或回执 ({when})",
        f"{len(seals)} batches or replies were taken under {kid} after it was closed as "
        f"compromised ({when})",
        "与对方逐件核对这段时间的办件 (tongban case list): 可能出自盗用者",
        "go through the cases of that time with the partner (tongban case list): a thief may have "
        "sent them",
    )


def _in_use(
    use: KeyUse, keys: Sequence[MemberKey], here: Collection[str], now: datetime
) -> Finding:
    used = newest_good(keys, now, here)
    if used is None:
        return Finding(
            _SUBJECTS[use],
            Level.FAULT,
            "没有可用的密钥: 名单公布的都已失效, 或其私钥不在本机",
            "none can be used: none that the list publishes is valid and has its other half here",
            f"tongban keys list 查看; tongban keys new --use {use} --in 0 换新并公布",
            f"see tongban keys list; make one with tongban keys new --use {use} --in 0, publish it",
        )
    until = covered_until([key for key in keys if key.kid in here], now)
    if until is not None and until - now < KEY_ENDS_SOON:
        return _ends(use, used.kid, until)
    end = "" if until in {None, FOR_EVER} else f", {until:%Y-%m-%d}"
    return good(_SUBJECTS[use], f"{used.kid} 在用{end}", f"{used.kid} is in use{end}")


def _ends(use: KeyUse, name: str, until: datetime) -> Finding:
    return Finding(
        _SUBJECTS[use],
        Level.WARNING,
        f"{name} 在用; {until:%Y-%m-%d} 之后没有密钥接替",
        f"{name} is in use, and from {until:%Y-%m-%d} on no key takes its place",
        f"tongban keys rotate --use {use}",
        f"tongban keys rotate --use {use}",
    )


def _missing(use: KeyUse, key: MemberKey) -> Finding:
    return Finding(
        _SUBJECTS[use],
        Level.FAULT if use == "sealing" else Level.WARNING,
        f"名单公布了 {key.kid}, 本机没有其私钥",
        f"{key.kid} is published, but its private half is not here",
        "tongban keys restore 备份; 或 tongban keys close 关闭它 (--reason lost)",
        "restore a backup with tongban keys restore, or close it: tongban keys close, "
        "--reason lost",
    )
