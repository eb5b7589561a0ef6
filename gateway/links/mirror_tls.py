"""How the TLS of a mirror is judged. Its files are signed; this only keeps curious eyes and
withholding hands away where that can be had.

A mirror at the address of a member must show a certificate of that member. Any other one is
a web server like others, and the authorities of this system vouch for it. As long as there is
no list of members that holds, there is nothing to judge by: whoever answers may bring one,
and what he brings is judged by its signatures.
"""

import ssl
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from contracts.errors import TongbanError
from gateway.ports import Clock
from gateway.tls.contexts import client_context
from gateway.tls.live import check_partner
from keys.trust.trust_list import TrustList


class MirrorTls:
    """Chooses the context for a mirror, before every file."""

    def __init__(self, trust: TrustList | None, clock: Clock) -> None:
        """`trust` None: there is no list at all."""
        self._trust = trust
        self._clock = clock
        self._pinned: dict[str, ssl.SSLContext] = {}
        self._anyone = client_context(lambda _certificate: None)

    def __call__(self, address: str) -> ssl.SSLContext | bool:
        """For aiohttp's `ssl`: True are the authorities of the system."""
        trust = self._trust
        if trust is None:
            return self._anyone
        try:
            code = _member_at(address, trust)
        except TongbanError:
            return self._anyone
        if code is None:
            return True
        if code not in self._pinned:
            check = partial(check_partner, trust, code, self._clock)
            self._pinned[code] = client_context(check)
        return self._pinned[code]


def _member_at(address: str, trust: TrustList) -> str | None:
    """The member that publishes this host and port."""
    place = _place(address)
    for member in trust.members():
        if place in map(_place, (member.address, *member.further_addresses)):
            return member.code
    return None


MirrorContext = Callable[[str], ssl.SSLContext | bool]


def _place(address: str) -> tuple[str | None, int | None]:
    """Host and port."""
    try:
        parts = urlsplit(address)
        return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None, None
