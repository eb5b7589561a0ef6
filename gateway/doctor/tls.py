"""The judgement of TLS: what we show, for how long, and whom we could let in. Pure."""

from collections.abc import Collection, Iterator
from datetime import datetime

from gateway.doctor.finding import Finding, Level, good
from gateway.keyholding.holdings import KEY_ENDS_SOON
from keys.tls.pins import anchor_of, shown_state, to_show
from keys.trust.key_terms import covered_until
from keys.trust.member import KeyState, Member

_RENEW = (
    "tongban keys rotate --use tls 新建并公布, 等各方更新名单后关闭旧的",
    "make and publish a new one with tongban keys rotate --use tls; close the old one later",
)


def without_tls(mode: str) -> Finding:
    """Where this gateway ends no TLS itself."""
    if mode == "proxy":
        return good("tls", "由反向代理终结 TLS 或 TLCP", "a reverse proxy ends TLS or TLCP")
    return Finding(
        "tls",
        Level.WARNING,
        "明文 HTTP, 仅限本机",
        "plain HTTP, on this machine alone",
        '与其他城市交换须改用 tls.mode = "mutual"',
        'set tls.mode = "mutual" before cases cross between cities',
    )


def own_certificate(us: Member, here: Collection[str], now: datetime) -> Iterator[Finding]:
    """What partners are shown. `here`: the pins of the certificates in the folder."""
    pins = to_show(us.tls_pins, now)
    shown = next((pin for pin in pins if pin.sha256 in here), None)
    if shown is None:
        yield Finding(
            "tls",
            Level.FAULT,
            "本市条目中没有一张有效的证书在本机",
            "no certificate that our own entry pins is here and valid",
            *_RENEW,
        )
        return
    name = f"{shown.sha256[:16]}…"
    if newer := [pin for pin in pins if pin.valid_from > shown.valid_from]:
        yield Finding(
            "tls",
            Level.WARNING,
            f"已公布的新证书 {newer[0].sha256[:16]}… 不在本机, 仍出示 {name}",
            f"{newer[0].sha256[:16]}… is published and not here; {name} is shown instead",
            "把它放入 tls.folder, 或在条目中关闭它",
            "put it into tls.folder, or close it in our entry",
        )
    if anchor_of(shown) is None:
        yield Finding(
            "tls",
            Level.FAULT,
            f"条目中的 {name} 不含证书本身, 对方网关无法放行",
            f"the entry of {name} lacks the certificate: partners cannot let us in",
            *_RENEW,
        )
    ends = covered_until([pin for pin in us.tls_pins if pin.sha256 in here], now)
    if ends is not None and ends - now < KEY_ENDS_SOON:
        yield Finding(
            "tls",
            Level.WARNING,
            f"本市证书将于 {ends:%Y-%m-%d} 到期, 此后无法连接",
            f"our certificate ends on {ends:%Y-%m-%d}; nobody lets us in from then on",
            *_RENEW,
        )
        return
    yield good("tls", f"双向 TLS, 出示 {name}", f"mutual TLS, {name} is shown")


def partner_pins(member: Member, now: datetime) -> Finding | None:
    """What keeps a partner from being met over TLS; None when nothing does."""
    good_ones = [pin for pin in member.tls_pins if shown_state(pin, now) is KeyState.VALID]
    if good_ones and any(anchor_of(pin) is not None for pin in good_ones):
        return None
    zh, en = ("没有有效的 TLS 证书", "no valid TLS certificate")
    if good_ones:
        zh, en = ("的 TLS 证书条目缺少证书本身", "TLS pins without their certificates")
    return Finding(
        f"partner {member.code}",
        Level.FAULT,
        f"名单中{zh}",
        f"the list holds {en} of it",
        "索取对方新的 member.json, 核对指纹后 tongban members add",
        "ask for its new member.json, compare fingerprints, tongban members add",
    )
