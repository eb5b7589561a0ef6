"""The door for partners: who connects is let in when the TLS handshake is done, or shown out.

A handshake has its time, and only so many are under way: the oldest gives way to one too
many, for a partner's takes milliseconds, and what stands there for seconds is a flood. What
was refused is counted by its reason; a line in the log says how many, not each.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import cast

from aiohttp import web

from contracts import limits
from contracts.errors import TongbanError
from gateway.tls.contexts import Handshake

_LOG = logging.getLogger("tongban.tls")
_SAY_EVERY = 10.0  # seconds
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE = 1.0  # seconds, after which it is tried again to take a connection
_VERSIONS = ("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "PROTOCOL_VERSION", "NO_SHARED")

Refused = Callable[[str], None]
"""Counts a handshake that came to nothing, by reason."""


class Door:
    """Lets in who stands in front of a listening socket."""

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

    async def keep(self, listener: socket.socket) -> None:
        """Take connections until cancelled; then nobody who is not inside yet comes in."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    arrived, who = await loop.sock_accept(listener)
                except OSError as error:
                    if error.errno in _EXHAUSTED:
                        _LOG.error("no connection can be taken: %s", error)
                        await asyncio.sleep(_PAUSE)
                    continue  # any other was the caller's: it is gone again
                self._knock(arrived, who)
        finally:
            for task in self._under_way:
                task.cancel()

    def _knock(self, arrived: socket.socket, who: object) -> None:
        if len(self._under_way) >= self._at_once:
            oldest = next(iter(self._under_way))
            del self._under_way[oldest]
            oldest.cancel()
        task = asyncio.create_task(self._let_in(arrived, who))
        self._under_way[task] = None
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    async def _let_in(self, arrived: socket.socket, who: object) -> None:
        try:
            handshake = Handshake(self._context())
        except TongbanError as error:
            arrived.close()
            self._say(_reason(error), who)
            return
        loop, seconds = asyncio.get_running_loop(), self._seconds
        try:
            await loop.connect_accepted_socket(
                self._inside, arrived, ssl=handshake, ssl_handshake_timeout=seconds
            )
        except asyncio.CancelledError:
            self._say("busy", who)
            raise
        except OSError as error:  # SSLError is one
            self._say(_reason(handshake.failure or error), who)

    def _say(self, reason: str, who: object) -> None:
        self._refused(reason)
        self._unsaid[reason] += 1
        now = asyncio.get_running_loop().time()
        if now >= self._say_at:
            self._say_at = now + _SAY_EVERY
            counts = ", ".join(f"{name} {count}" for name, count in self._unsaid.items())
            _LOG.warning("TLS handshakes refused: %s; the last one from %s", counts, who)
            self._unsaid.clear()


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
        self._reuse_port = bool(reuse_port)
        self._listeners: list[socket.socket] = []
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def name(self) -> str:
        return f"https://{self._host}:{self._port}"

    async def start(self) -> None:
        """Raises OSError when it cannot listen there."""
        await super().start()
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(
            self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, _, _, _, place in dict.fromkeys(found):
            listener = socket.create_server(
                place[:2], family=family, backlog=self._backlog, reuse_port=self._reuse_port
            )
            listener.setblocking(False)
            self._listeners.append(listener)
        self._keepers = [asyncio.create_task(self._door.keep(each)) for each in self._listeners]

    async def stop(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for listener in self._listeners:
            listener.close()
        await super().stop()
