"""``POST /exchange/v1/batches``: step 1 of `receive`, and the way in to the others."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web

from contracts import limits
from contracts.errors import BatchRejected, PartnerLimited, TongbanError, Unchecked
from gateway.exchange.courier import BATCHES_PATH
from gateway.exchange.home import Home
from gateway.exchange.receive import Receive
from gateway.web.caller import Callers, anybody
from gateway.web.problem import problem

_LOG = logging.getLogger("tongban.web")


class ExchangeApi:
    """The endpoint that partners post batches to."""

    def __init__(self, home: Home, receive: Receive, callers: Callers = anybody) -> None:
        """`callers` tells whose certificate a request came with. `heard` is told the member
        code of every partner whose batch was good."""
        self._home = home
        self._receive = receive
        self._callers = callers
        self.heard: Callable[[str], None] = lambda _partner: None
        self._stopping = False
        self._busy = 0
        self._held = HeldBytes()
        self._idle = asyncio.Event()
        self._idle.set()

    def routes(self) -> list[web.RouteDef]:
        return [web.post(BATCHES_PATH, self.post)]

    async def drain(self) -> None:
        """Take nothing more; return when everything taken is answered."""
        self._stopping = True
        await self._idle.wait()

    async def post(self, request: web.Request) -> web.Response:
        trace = self._home.new_id()
        self._busy += 1
        self._idle.clear()
        try:
            partner, reply = await self._take(request)
        except PartnerLimited as error:  # foreseen, and too frequent for the log
            self._home.meter.rejected(error.code)
            self._home.meter.limited(error.where["partner"], error.code)
            return problem(error, trace=trace)
        except TongbanError as error:
            self._home.meter.rejected(error.code)
            _LOG.warning("refused a batch: %s", error, extra={"trace": trace})
            return problem(error, trace=trace)
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()
        self.heard(partner)
        return web.Response(body=reply, content_type="application/json")

    async def _take(self, request: web.Request) -> tuple[str, bytes]:
        if self._stopping:
            raise Unchecked("this process is about to end", code="gateway.stopping")
        if self._busy > limits.REQUESTS_AT_ONCE:
            raise Unchecked(f"{self._busy} requests are under way", code="gateway.busy")
        callers = self._callers(request)  # before anything of a stranger is read
        with self._held.body() as body:
            return await self._receive(await read_body(request, body), callers)


class HeldBytes:
    """Bytes of request bodies in memory, over all requests of the process."""

    def __init__(self) -> None:
        self.total = 0

    @contextlib.contextmanager
    def body(self) -> Iterator["HeldBody"]:
        """One body; what it holds is given back at the end."""
        body = HeldBody(self)
        try:
            yield body
        finally:
            self.total -= body.size


class HeldBody:
    """The chunks of one body, counted as they come: a slow sender holds what it sent, no more."""

    def __init__(self, held: HeldBytes) -> None:
        self._held = held
        self._chunks: list[bytes] = []
        self.size = 0

    def add(self, chunk: bytes) -> None:
        """Raises BatchRejected (`request.too_large`) or Unchecked (`gateway.busy`)."""
        self.size += len(chunk)
        self._held.total += len(chunk)
        if self.size > limits.BATCH_BYTES:
            raise BatchRejected(f"more than {limits.BATCH_BYTES} bytes", code="request.too_large")
        if self._held.total > limits.REQUESTS_BYTES:
            raise Unchecked(
                f"requests of more than {limits.REQUESTS_BYTES} bytes are under way",
                code="gateway.busy",
            )
        self._chunks.append(chunk)

    def whole(self) -> bytes:
        """All of it; the chunks are let go."""
        whole = b"".join(self._chunks)
        self._chunks.clear()
        return whole


async def read_body(request: web.Request, body: HeldBody) -> bytes:
    """The whole body, counted while it comes: what headers promise reserves nothing.

    Raises BatchRejected (`request.*`), Unchecked (`gateway.busy`).
    """
    _check_headers(request)
    return await _in_time(_collect(request, body))


def _check_headers(request: web.Request) -> None:
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        raise BatchRejected(f"content encoding {encoding[:40]}", code="request.encoding")
    if request.content_type != "application/json":
        raise BatchRejected(f"content type {request.content_type[:80]}", code="request.encoding")
    if (request.content_length or 0) > limits.BATCH_BYTES:
        raise BatchRejected(
            f"{request.content_length} bytes announced, at most {limits.BATCH_BYTES}",
            code="request.too_large",
        )


async def _in_time(reading: Awaitable[bytes]) -> bytes:
    try:
        async with asyncio.timeout(limits.REQUEST_SECONDS):
            return await reading
    except TimeoutError as error:
        raise BatchRejected(
            f"not complete after {limits.REQUEST_SECONDS} s", code="request.timeout"
        ) from error


async def _collect(request: web.Request, body: HeldBody) -> bytes:
    try:
        async for chunk in request.content.iter_any():
            body.add(chunk)
    except (web.HTTPException, ConnectionError, ValueError) as error:
        raise BatchRejected(
            f"the body broke off: {type(error).__name__}", code="request.replaced"
        ) from error
    return body.whole()
