"""How members are met: what we show, and the way to each of them, as our gateway goes it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from contracts.errors import TongbanError
from gateway import bootstrap, config
from gateway.bootstrap import Parts
from gateway.doctor import judge, tls
from gateway.doctor.finding import Finding
from gateway.doctor.visit import Calling
from keys.trust.member import Member


def shown(folder: config.Home, us: Member, now: datetime) -> list[Finding]:
    """What is to be said of our own side."""
    mode = folder.settings.tls.mode
    if mode != "mutual":
        return [tls.without_tls(mode)]
    try:
        here = {pair.sha256 for pair in bootstrap.certificates(folder).pairs()}
    except TongbanError as error:
        return [judge.trouble("tls", error)]
    return list(tls.own_certificate(us, here, now))


def lacking(folder: config.Home, partner: Member, now: datetime) -> Finding | None:
    """What a partner's entry lacks for us to exchange with it today."""
    found = judge.partner_keys(partner, now)
    if folder.settings.tls.mode == "mutual":
        found = found or tls.partner_pins(partner, now)
    return found


def callings(folder: config.Home, parts: Parts, members: Sequence[Member]) -> Iterator[Calling]:
    """How each of these members is called."""
    trust, live = parts.home.trust, None
    if folder.settings.tls.mode == "mutual":
        live = bootstrap.live_tls(folder, trust, parts.home.clock)
    for code in (member.code for member in members):
        try:
            address = bootstrap.addresses_of(folder, trust, code)[0]
            yield Calling(code, address, live.client(code) if live else True)
        except TongbanError as error:
            yield Calling(code, fault=f"{error.code}: {error.detail}")
