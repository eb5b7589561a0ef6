"""The list of members that the settings choose, and what keeps it fresh.

TUF and what else a federation needs is loaded where the settings name one, and not before: it
takes a tenth of a second of every start.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp.web import RouteDef

from contracts.errors import TrustUnavailable
from gateway import config
from gateway.clock import SystemClock
from gateway.exchange.home import Home
from gateway.metrics import Metrics
from gateway.ports import Clock, TrustMeter
from keys.trust.federation.standing import TOP_ROLES
from keys.trust.members_file import MembersFile

if TYPE_CHECKING:
    from gateway.exchange.refresh_trust import RefreshTrust
    from keys.trust.federation.federation import Federation


def trust_list(folder: config.Home, clock: Clock) -> "MembersFile | Federation":
    """The list of members, or our copy of the federation. Raises TrustRefused (root_broken)."""
    settings = folder.settings.trust
    if settings.root is None:
        return MembersFile(folder.path(settings.members), clock.monotonic)
    from keys.trust.federation.copy import Copy  # noqa: PLC0415  # see above
    from keys.trust.federation.federation import Federation, read_anchor  # noqa: PLC0415

    copy = Copy(folder.path(settings.folder))
    federation = Federation(read_anchor(folder.path(settings.root)), copy, clock.now)
    federation.load()
    return federation


def refresh_trust(
    folder: config.Home, federation: "Federation", clock: Clock, meter: TrustMeter
) -> "RefreshTrust":
    """What asks the mirrors of the settings; an address without scheme is a folder."""
    from gateway.exchange.refresh_trust import RefreshTrust  # noqa: PLC0415  # see above
    from gateway.links.mirror import mirror  # noqa: PLC0415
    from gateway.links.mirror_tls import MirrorTls  # noqa: PLC0415

    settings = folder.settings.trust
    tls = MirrorTls(federation, clock)
    mirrors = [mirror(name, folder.folder, tls) for name in settings.mirrors]
    return RefreshTrust(federation, mirrors, clock, meter, every=settings.refresh_s)


async def first_trust(folder: config.Home) -> None:
    """Where our copy of the federation does not hold, get one before anything starts.

    Raises what was wrong with the first mirror, when none has a copy that holds.
    """
    clock = SystemClock()
    federation = trust_list(folder, clock)
    if isinstance(federation, MembersFile):
        return
    try:
        federation.members()
    except TrustUnavailable:
        refresh = refresh_trust(folder, federation, clock, Metrics())
        visits = await refresh.once()
        await refresh.close()
        try:
            federation.members()
        except TrustUnavailable as error:
            raise next((visit.error for visit in visits if visit.error), error) from None


@dataclass(frozen=True, slots=True)
class TrustService:
    """What a gateway of a federation has besides: its copy is refreshed, and served."""

    background: dict[str, Callable[[], Coroutine[Any, Any, None]]]
    routes: list[RouteDef]

    @classmethod
    def of(cls, folder: config.Home, home: Home, metrics: Metrics) -> "TrustService":
        if folder.settings.trust.root is None:
            return cls({}, [])
        from gateway.web.api.trust import TrustApi  # noqa: PLC0415  # see above
        from keys.trust.federation.copy import Copy  # noqa: PLC0415
        from keys.trust.federation.federation import Federation  # noqa: PLC0415

        federation = home.trust
        assert isinstance(federation, Federation)  # noqa: S101 - the settings name a root
        metrics.watch_trust(TOP_ROLES, federation.seconds_left)
        refresh = refresh_trust(folder, federation, home.clock, metrics)
        api = TrustApi(home, Copy(folder.path(folder.settings.trust.folder)))
        return cls({"trust": refresh.run}, api.routes())
