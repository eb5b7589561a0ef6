"""The door for partners: who connects is let in when the TLS handshake is done, or shown out.

A handshake has its time, and only so many are under way: the oldest gives way to one too
many, for a partner's takes milliseconds, and what stands there for seconds is a flood. What
was refused is counted by its reason; a line in the log says how many, not each.
"""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web

from contracts import limits
from contracts.errors import TongbanError

_LOG = logging.getLogger("tongban.tls")
_SAY_EVERY = 10.0  # seconds
_VERSIONS = ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "PROTOCOL_VERSION", "NO_SHARED")

Refused = Callable[[str], None]
"""Counts a handshake that came to nothing, by reason."""


class Door:
    """Makes one protocol for each connection; see `loop.create_server`."""

    def __init__(
        self,
        inside: Callable[[], asyncio.Protocol],
        context: Callable[[], ssl.SSLContext],
        refused: Refused,
        *,
        seconds: float = limits.HANDSHAKE_SECONDS,
        at_once: int = limits.HANDSHAKES_AT_ONCE,
    ) -> None:
        """`inside` makes what speaks HTTP behind the door; `context` is asked for each."""
        self._inside = inside
        self._context = context
        self._refused = refused
        self._seconds = seconds
        self._at_once = at_once
        self._under_way: dict[asyncio.Task[None], None] = {}  # the oldest first
        self._unsaid: Counter[str] = Counter()
        self._say_at = 0.0

    def __call__(self) -> asyncio.Protocol:
        return _Threshold(self)

    def knock(self, transport: asyncio.Transport) -> None:
        """Somebody connected; nothing of it has been read."""
        transport.pause_reading()
        if len(self._under_way) >= self._at_once:
            oldest = next(iter(self._under_way))
            del self._under_way[oldest]
            oldest.cancel()
        task = asyncio.create_task(self._let_in(transport))
        self._under_way[task] = None
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    async def _let_in(self, transport: asyncio.Transport) -> None:
        hall = _Hall()
        who = transport.get_extra_info("peername")
        try:
            inner = await asyncio.get_running_loop().start_tls(
                transport,
                hall,
                self._context(),
                server_side=True,
                ssl_handshake_timeout=self._seconds,
            )
        except asyncio.CancelledError:
            transport.abort()
            self._say("busy", who)
        except (OSError, TongbanError) as error:  # SSLError is one
            transport.abort()
            self._say(_reason(error), who)
        else:
            if inner is not None:
                hall.lead(inner, self._inside())

    def _say(self, reason: str, who: object) -> None:
        self._refused(reason)
        self._unsaid[reason] += 1
        now = asyncio.get_running_loop().time()
        if now >= self._say_at:
            self._say_at = now + _SAY_EVERY
            counts = ", ".join(f"{name} {count}" for name, count in self._unsaid.items())
            _LOG.warning("TLS handshakes refused: %s; the last one from %s", counts, who)
            self._unsaid.clear()


class _Threshold(asyncio.Protocol):
    """Stands before the handshake."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._door.knock(cast(asyncio.Transport, transport))  # uvloop's is no subclass of it


class _Hall(asyncio.Protocol):
    """Keeps what comes between the end of the handshake and the moment somebody is inside."""

    def __init__(self) -> None:
        self._early: list[Callable[[asyncio.Protocol], Any]] = []

    def data_received(self, data: bytes) -> None:
        self._early.append(lambda inside: inside.data_received(data))

    def eof_received(self) -> None:
        self._early.append(lambda inside: inside.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        self._early.append(lambda inside: inside.connection_lost(exc))

    def lead(self, transport: asyncio.Transport, inside: asyncio.Protocol) -> None:
        """From now on `inside` is spoken to; first it hears what came."""
        inside.connection_made(transport)
        transport.set_protocol(inside)
        for tell in self._early:
            tell(inside)


def _reason(error: Exception) -> str:
    """One of few words, as it stands in the metrics."""
    said = getattr(error, "reason", None) or ""  # of OpenSSL
    by_word = {
        "version": any(word in said for word in _VERSIONS),
        "plain_http": "HTTP_REQUEST" in said,
        "refused_by_client": "ALERT" in said,
        "certificate": isinstance(error, ssl.SSLCertVerificationError),
        "no_certificate_of_ours": isinstance(error, TongbanError),
        "timeout": isinstance(error, ConnectionAbortedError),
    }
    return next((word for word, is_it in by_word.items() if is_it), "broken")


class DoorSite(web.BaseSite):
    """A place to listen for an aiohttp runner, with a door in front."""

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        *,
        context: Callable[[], ssl.SSLContext],
        refused: Refused,
        backlog: int,
        reuse_port: bool | None,
    ) -> None:
        super().__init__(runner, backlog=backlog)
        inside = cast(Callable[[], asyncio.Protocol], runner.server)  # the base saw that it is set
        self._door = Door(inside, context, refused)
        self._host = host
        self._port = port
        self._reuse_port = reuse_port

    @property
    def name(self) -> str:
        return f"https://{self._host}:{self._port}"

    async def start(self) -> None:
        """Raises OSError when it cannot listen there."""
        await super().start()
        self._server = await asyncio.get_running_loop().create_server(
            self._door,
            self._host,
            self._port,
            backlog=self._backlog,
            reuse_port=self._reuse_port,
        )
