"""How this gateway and its partners reach each other, as the settings choose."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp.typedefs import Middleware

from contracts.errors import PartnerUnreachable
from gateway import config
from gateway.exchange.home import Home
from gateway.links.http import HttpLink
from gateway.listening import Tls
from gateway.loopback import leads_to_loopback
from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.tls.live import LiveTls
from gateway.web.caller import ByProxy, ByTls, Callers, anybody, guard_header
from keys.stores.passphrase import passphrase
from keys.tls.folder import CertificateFolder
from keys.trust.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class Transport:
    """What the parts of a gateway need of it. `tls` and `context_for` are None without TLS of
    ours; `operations`: where operators ask, None where they ask at the partners' address."""

    mode: str
    callers: Callers
    middlewares: Sequence[Middleware]
    operations: tuple[str, int] | None
    tls: Tls | None
    addresses: Callable[[str], list[str]]
    context_for: Callable[[str], ssl.SSLContext] | None

    def link(self, partner: str, timeout: float) -> HttpLink:
        context_for = self.context_for
        return HttpLink(
            partner,
            lambda: self.addresses(partner),
            timeout=timeout,
            tls=None if context_for is None else lambda: context_for(partner),
        )


def certificates(folder: config.Home) -> CertificateFolder:
    """The folder of our TLS certificates. Raises KeyUnusable without a passphrase."""
    keys = folder.settings.keys
    file = folder.path(keys.passphrase_file) if keys.passphrase_file else None
    secret = passphrase(file, keys.passphrase_env, keys.passphrase_credential)
    return CertificateFolder(folder.path(folder.settings.tls.folder), secret)


def live_tls(folder: config.Home, trust: TrustList, clock: Clock) -> LiveTls:
    """Raises KeyUnusable without a passphrase."""
    return LiveTls(trust, folder.settings.member.code, certificates(folder), clock)


def transport(folder: config.Home, home: Home, metrics: Metrics) -> Transport:
    """Raises KeyUnusable (`key.no_certificate`) when there is nothing to show to partners."""
    settings, trust = folder.settings, home.trust
    mode, header = settings.tls.mode, settings.tls.proxy_header
    operations: tuple[str, int] | None = settings.gateway.operations
    tls = context_for = None
    callers: Callers = anybody
    proxies = settings.tls.proxies if mode == "proxy" else []
    if mode == "mutual":
        live = live_tls(folder, trust, home.clock)
        live.server()
        tls, context_for = Tls(live.server, metrics.handshake_refused), live.client
        callers = ByTls(home)
    elif mode == "proxy":
        callers = ByProxy(home, header)
    elif settings.gateway.operations_listen is None:
        operations = None
    return Transport(
        mode=mode,
        callers=callers,
        middlewares=[guard_header(home, header, proxies)],
        operations=operations,
        tls=tls,
        addresses=lambda partner: addresses_of(folder, trust, partner),
        context_for=context_for,
    )


def addresses_of(folder: config.Home, trust: TrustList, partner: str) -> list[str]:
    """Where a partner is called, the first preferred. Raises PartnerUnreachable
    (`link.transport`) when none of its addresses is one for `tls.mode`, BatchRejected."""
    tls, member = folder.settings.tls, trust.member(partner)
    published = [member.address, *member.further_addresses]
    if tls.mode == "proxy":
        return [f"{(tls.proxy_out or '').rstrip('/')}/{partner}"]
    if tls.mode == "mutual":
        fitting = [address for address in published if address.startswith("https://")]
    else:
        fitting = [
            address
            for address in published
            if address.startswith("http://") and leads_to_loopback(address)
        ]
    if not fitting:
        raise PartnerUnreachable(
            f'tls.mode is "{tls.mode}", and it is at {", ".join(published)}',
            code="link.transport",
            partner=partner,
        )
    return fitting
