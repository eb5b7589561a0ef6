"""The road alone: HTTP from a link to the endpoint and back, with nothing done at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from contracts import limits
from gateway.exchange.courier import BATCHES_PATH
from gateway.exchange.home import Home
from gateway.links.http import HttpLink
from gateway.web.api.exchange import HeldBytes, read_body


class Road:
    """A link, and an endpoint that reads every body whole and answers with `reply`."""

    def __init__(self, link: HttpLink) -> None:
        self._link = link
        self.reply = b""

    async def __call__(self, body: bytes) -> bytes:
        return (await self._link.post(BATCHES_PATH, body)).body

    async def answer(self, request: web.Request) -> web.Response:
        with HeldBytes().body() as body:
            await read_body(request, body)
        return web.Response(body=self.reply, content_type="application/json")


@asynccontextmanager
async def road(home: Home) -> AsyncIterator[Road]:
    """Both ends in this process: their CPU time adds up as that of both gateways does."""
    app = web.Application(client_max_size=limits.BATCH_BYTES)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)
    port = int(home.trust.member(home.code).address.rpartition(":")[2])
    link = HttpLink(home.code, lambda: [f"http://127.0.0.1:{port}"], timeout=30)
    made = Road(link)
    app.add_routes([web.post(BATCHES_PATH, made.answer)])
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield made
    finally:
        await link.close()
        await runner.cleanup()
