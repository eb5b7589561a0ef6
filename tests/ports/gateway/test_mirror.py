"""What a mirror owes: a file within its limit, None, or an error that says why; in time."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from contracts.errors import TrustRefused, TrustUnavailable
from gateway.federation.copying import PaperMirror
from gateway.federation.papers import CopyPaper
from gateway.links.mirror import FolderMirror, HttpMirror, mirror
from gateway.ports import Mirror

PATH, TEXT = "metadata/1.root.json", b'{"a": 1}'


class Server:
    """A server whose every answer a test chooses."""

    def __init__(self) -> None:
        self.status, self.body = 200, TEXT
        self.endless = self.drips = False
        app = web.Application()
        app.router.add_get("/trust/{path:.+}", self._handle)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def starts(self) -> str:
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}/trust/"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self.endless or self.drips:
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b" " * (1 if self.drips else 65536))
                await asyncio.sleep(0.05 if self.drips else 0)
        if request.match_info["path"] != PATH:
            raise web.HTTPNotFound
        headers = {"Location": "/elsewhere"} if self.status == 302 else {}
        return web.Response(status=self.status, body=self.body, headers=headers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    yield made
    await made.runner.cleanup()


@pytest.fixture(params=["http", "folder", "paper"])
async def holding(
    request: pytest.FixtureRequest, server: Server, tmp_path: Path
) -> AsyncIterator[Mirror]:
    """Each of them, with one file."""
    (tmp_path / "metadata").mkdir()
    (tmp_path / PATH).write_bytes(TEXT)
    address = await server.starts()
    every: dict[str, Mirror] = {
        "http": HttpMirror(address),
        "folder": FolderMirror(tmp_path),
        "paper": PaperMirror("copy.json", CopyPaper(files={PATH: TEXT.decode()})),
    }
    made = every[request.param]
    yield made
    await made.close()


async def test_a_file_within_its_limit(holding: Mirror) -> None:
    assert await holding.read(PATH, len(TEXT)) == TEXT
    assert holding.name


async def test_no_such_file(holding: Mirror) -> None:
    assert await holding.read("metadata/2.root.json", 100) is None


async def test_more_than_the_limit_is_not_read(holding: Mirror) -> None:
    with pytest.raises(TrustRefused) as refusal:
        await holding.read(PATH, len(TEXT) - 1)
    assert refusal.value.code == "trust.oversized"
    assert refusal.value.where["mirror"] == holding.name


async def test_a_file_without_end(server: Server) -> None:
    server.endless = True
    far = HttpMirror(await server.starts())
    with pytest.raises(TrustRefused) as refusal:
        await far.read(PATH, 1 << 20)
    assert refusal.value.code == "trust.oversized"
    await far.close()


async def test_a_file_that_drips(server: Server) -> None:
    server.drips = True
    far = HttpMirror(await server.starts(), timeout=0.5)
    with pytest.raises(TrustUnavailable) as refusal:
        await far.read(PATH, 1 << 20)
    assert refusal.value.code == "trust.mirror_unreachable"
    await far.close()


@pytest.mark.parametrize(("status", "found"), [(403, None), (404, None), (500, "e"), (302, "e")])
async def test_what_a_status_means(server: Server, status: int, found: str | None) -> None:
    server.status = status
    far = HttpMirror(await server.starts())
    if found is None:
        assert await far.read(PATH, 100) is None
    else:
        with pytest.raises(TrustUnavailable, match=f"HTTP {status}"):
            await far.read(PATH, 100)
    await far.close()


async def test_nobody_there(server: Server, tmp_path: Path) -> None:
    address = await server.starts()
    await server.runner.cleanup()
    for away in (mirror(address, tmp_path), mirror("no-such-folder", tmp_path)):
        with pytest.raises(TrustUnavailable) as refusal:
            await away.read(PATH, 100)
        assert refusal.value.code == "trust.mirror_unreachable"
        await away.close()
