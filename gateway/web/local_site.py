"""The listener of the local API: the city's side of the gateway, apart from the partners'."""

import asyncio
import os
from collections.abc import Callable

from aiohttp import web

from contracts import limits
from contracts.errors import SettingsInvalid
from gateway.web.api.local import LocalApi
from gateway.web.problem import answer_unforeseen


class LocalSite:
    """Serves until it is cancelled."""

    def __init__(self, api: LocalApi, host: str, port: int, new_trace: Callable[[], str]) -> None:
        self._host = host
        self._port = port
        self._app = web.Application(
            client_max_size=limits.BATCH_BYTES, middlewares=[answer_unforeseen(new_trace)]
        )
        self._app.add_routes(api.routes())

    async def run(self) -> None:
        """Raises SettingsInvalid when it cannot listen where it should."""
        runner = web.AppRunner(
            self._app,
            access_log=None,
            auto_decompress=False,
            shutdown_timeout=1.0,
            keepalive_timeout=limits.HEAD_SECONDS,
        )
        await runner.setup()
        try:
            await self._listen(runner)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            mistake = f"local.listen: {self._host}:{self._port}: {why}"
            raise SettingsInvalid([mistake], source="tongban.toml") from error
