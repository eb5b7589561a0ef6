"""Where a process listens: for partners, and, apart from them, for its operators."""

import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from contracts import limits
from contracts.errors import SettingsInvalid
from gateway.config import FILE_NAME
from gateway.web.door import DoorSite


@dataclass(frozen=True, slots=True)
class Tls:
    """How partners are let in. `context` is asked at each connection; `refused` counts, by
    reason, the handshakes that came to nothing."""

    context: Callable[[], ssl.SSLContext]
    refused: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Places:
    """`share_port`: other processes of this machine listen at the same port; `operations`: host
    and port for operators, if anywhere; `tls`: how partners are let in, None for plain HTTP."""

    host: str
    port: int
    share_port: bool
    operations: tuple[str, int] | None
    tls: Tls | None


class Listening:
    """Serves what partners and what operators ask, each at its place."""

    def __init__(
        self, places: Places, partners: web.Application, operators: web.Application
    ) -> None:
        self._places = places
        self._partners, self._operators = _runner(partners), _runner(operators)

    async def start(self) -> None:
        """Raises SettingsInvalid when it cannot listen where it should."""
        places, share = self._places, self._places.share_port or None
        for runner in (self._partners, self._operators):
            await runner.setup()
        await _start(self._door(share), f"gateway.listen: {places.host}:{places.port}")
        if places.operations is not None:
            host, port = places.operations
            site = web.TCPSite(self._operators, host, port, backlog=64, reuse_port=share)
            await _start(site, f"gateway.operations_listen: {host}:{port}")

    async def close(self) -> None:
        for runner in (self._partners, self._operators):
            await runner.cleanup()

    def _door(self, share: bool | None) -> web.BaseSite:
        host, port, tls = self._places.host, self._places.port, self._places.tls
        if tls is None:
            return web.TCPSite(self._partners, host, port, backlog=512, reuse_port=share)
        return DoorSite(
            self._partners,
            host,
            port,
            context=tls.context,
            refused=tls.refused,
            backlog=512,
            reuse_port=share,
        )


def _runner(app: web.Application) -> web.AppRunner:
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        shutdown_timeout=1.0,
        # From opening, or the last answer, to a whole head: what dribbles in is idle too.
        keepalive_timeout=limits.HEAD_SECONDS,
    )


async def _start(site: web.BaseSite, place: str) -> None:
    try:
        await site.start()
    except OSError as error:
        raise SettingsInvalid([f"{place}: {_why(error)}"], source=FILE_NAME) from error


def _why(error: OSError) -> str:
    """In the words of the system; those of the loop name the address once more."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return str(error.strerror or error)
    return os.strerror(error.errno).lower()
