"""The judgement of the three officers: whether there are all of them, able to sign in. Pure."""

from collections.abc import Collection

from gateway.doctor.finding import Finding, Level, good
from gateway.officers.duties import DUTY_NAMES, OFFICERS
from gateway.officers.records import Account


def officers(accounts: Collection[Account]) -> Finding:
    """`accounts`: all that there are."""
    if not accounts:
        return Finding(
            "officers",
            Level.WARNING,
            "未设三员: 能登录本机者可执行一切命令, 且无操作日志",
            "there are none: whoever gets to this machine may use any command, and none is logged",
            "tongban officer found 建立系统管理员、安全管理员、审计员三个账户",
            "make the three accounts with tongban officer found",
        )
    lacking = [
        duty
        for duty in OFFICERS
        if not any(a.duty is duty and a.locked_at is None for a in accounts)
    ]
    if lacking:
        zh = "、".join(DUTY_NAMES[duty][0] for duty in lacking)
        en = ", ".join(DUTY_NAMES[duty][1] for duty in lacking)
        return Finding(
            "officers",
            Level.WARNING,
            f"没有可用的{zh}",
            f"there is no {en} who can sign in",
            "由安全管理员 tongban officer unlock 或 add",
            "let a security administrator unlock or add one with tongban officer",
        )
    first = sum(account.must_change for account in accounts)
    if first:
        return Finding(
            "officers",
            Level.WARNING,
            f"{first} 个账户仍用初始口令",
            f"{first} accounts still have their first password",
            "由本人 tongban officer password",
            "their owners change it with tongban officer password",
        )
    count = sum(account.duty in OFFICERS for account in accounts)
    return good("officers", f"三员齐备, {count} 个账户", f"all three, {count} accounts")
