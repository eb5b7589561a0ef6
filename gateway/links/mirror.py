"""Mirrors of the federation: over HTTP, and in a folder, such as a stick that came by mail."""

import asyncio
from pathlib import Path

import aiohttp

from contracts.errors import TrustRefused, TrustUnavailable
from gateway.links.mirror_tls import MirrorContext
from gateway.ports import Mirror
from keys.trust.federation.copy import Copy

_CHUNK = 64 * 1024
_FILE_SECONDS = 30.0
_NONE = frozenset({403, 404})
"""What a server answers where there is no such file (TUF specification, section 5.3.3)."""


def _by_authorities(_address: str) -> bool:
    return True


class HttpMirror:
    """A `Mirror` under an address, such as ``https://gateway.example/trust``."""

    def __init__(
        self,
        address: str,
        *,
        timeout: float = _FILE_SECONDS,
        tls: MirrorContext = _by_authorities,
    ) -> None:
        """`timeout`: seconds for a whole file, however slowly it drips. `tls`: what judges the
        server of an address; without it, the authorities of the system."""
        self.name = address.rstrip("/")
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=5.0)
        self._session: aiohttp.ClientSession | None = None

    async def read(self, path: str, limit: int) -> bytes | None:
        try:
            async with self._open().get(
                f"{self.name}/{path}", allow_redirects=False, ssl=self._tls(self.name)
            ) as response:
                if response.status in _NONE:
                    return None
                if response.status != 200:
                    raise self._unreachable(f"HTTP {response.status}", path)
                return await self._body(response, path, limit)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise self._unreachable(f"{type(error).__name__}: {error}", path) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _body(self, response: aiohttp.ClientResponse, path: str, limit: int) -> bytes:
        chunks, size = [], 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > limit:
                response.close()
                raise _oversized(self.name, path, limit)
            chunks.append(chunk)
        return b"".join(chunks)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
                trust_env=False,
            )
        return self._session

    def _unreachable(self, detail: str, path: str) -> TrustUnavailable:
        return TrustUnavailable(
            detail.rstrip(": "), code="trust.mirror_unreachable", mirror=self.name, file=path
        )


class FolderMirror:
    """A `Mirror` in a folder that is laid out as a repository."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._copy = Copy(folder)

    async def read(self, path: str, limit: int) -> bytes | None:
        if not self._copy.folder.is_dir():
            raise TrustUnavailable(
                "there is no such folder", code="trust.mirror_unreachable", mirror=self.name
            )
        try:
            data = await asyncio.to_thread(self._copy.read, path, limit)
        except TrustUnavailable as error:
            raise TrustUnavailable(
                error.detail, code="trust.mirror_unreachable", mirror=self.name, file=path
            ) from None
        if data is not None and len(data) > limit:
            raise _oversized(self.name, path, limit)
        return data

    async def close(self) -> None:
        return


def mirror(name: str, folder: Path, tls: MirrorContext = _by_authorities) -> Mirror:
    """The mirror of that name: an address, or a folder seen from `folder`."""
    if name.startswith(("http://", "https://")):
        return HttpMirror(name, tls=tls)
    return FolderMirror(folder / name)


def _oversized(name: str, path: str, limit: int) -> TrustRefused:
    return TrustRefused(f"more than {limit} bytes", code="trust.oversized", mirror=name, file=path)
