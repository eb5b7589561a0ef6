"""``GET /trust/…``: our copy of the federation, as a mirror for others. Read only.

A path is one of the forms that a repository has, or there is nothing there: no other file of
the folder, and none outside of it, has an address.
"""

import asyncio

from aiohttp import web

from contracts.errors import TongbanError
from gateway.exchange.home import Home
from gateway.web.problem import problem
from keys.trust.federation import layout
from keys.trust.federation.copy import Copy

TRUST_PATH = "/trust"
_LONGEST = max(layout.TARGETS_BYTES, layout.MEMBER_BYTES)
_FOR_EVER = "public, max-age=31536000, immutable"


class TrustApi:
    """Serves what `Copy` holds."""

    def __init__(self, home: Home, copy: Copy) -> None:
        self._home = home
        self._copy = copy

    def routes(self) -> list[web.RouteDef]:
        return [web.get(TRUST_PATH + "/{path:.+}", self.get)]

    async def get(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        data = await self._read(path)
        if data is None:
            error = TongbanError("the federation has no such file", code="not_found")
            return problem(error, trace=self._home.new_id())
        caching = "no-cache" if path == layout.TIMESTAMP else _FOR_EVER
        return web.Response(
            body=data, content_type="application/json", headers={"Cache-Control": caching}
        )

    async def _read(self, path: str) -> bytes | None:
        try:
            data = await asyncio.to_thread(self._copy.read, path, _LONGEST)
        except TongbanError:
            return None
        return data if data is not None and len(data) <= _LONGEST else None
