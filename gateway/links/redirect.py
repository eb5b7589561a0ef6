"""Where the browser comes back to: a listener of this machine, for one sign-in (RFC 8252, 7.3)."""

import asyncio
from types import TracebackType

from aiohttp import web

_PATH = "/callback"
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>通办</title>"
    "<p>已返回终端, 可关闭此页. Back to the terminal; this page may be closed."
)


class Redirect:
    """Use as an async context; `uri` is where it listens."""

    def __init__(self, port: int) -> None:
        """`port` 0: any that is free."""
        self._port = port
        self._came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> "Redirect":
        app = web.Application(client_max_size=0)
        app.add_routes([web.get(_PATH, self._take)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        host, port = self._runner.addresses[0][:2]
        self.uri = f"http://{host}:{port}{_PATH}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def query(self) -> str:
        """What the browser brought, the first time it came."""
        return await self._came

    async def _take(self, request: web.Request) -> web.Response:
        if not self._came.done():
            self._came.set_result(request.query_string)
        return web.Response(
            text=_PAGE,
            content_type="text/html",
            headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
        )
