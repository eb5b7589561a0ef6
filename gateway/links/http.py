"""The way to a partner's gateway over HTTP.

Every answer is bounded in size and time before it is kept; redirects are not followed; a
connection that breaks in the middle is `PartnerUnreachable` like one that never was.
"""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from contracts.errors import PartnerUnreachable, TongbanError
from contracts.limits import BATCH_BYTES
from gateway.ports import Answer

_CHUNK = 64 * 1024


class HttpLink:
    """A `Link` to one partner. Shares its session's connections with nobody else."""

    def __init__(
        self,
        partner: str,
        address: str | Callable[[], str],
        *,
        timeout: float = 30.0,
        connect_timeout: float = 5.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`address`: scheme, host and port, or whom to ask for them before every exchange;
        `timeout`: seconds for a whole exchange."""
        self._partner = partner
        self._address = address
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=connect_timeout)
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: bytes) -> Answer:
        address = self._where()
        try:
            async with self._open().post(
                address + path,
                data=body,
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as response:
                answer = await self._read(response)
                after = _retry_after(response.headers.get("Retry-After"))
                return Answer(response.status, answer, after)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            connecting = isinstance(error, aiohttp.ServerTimeoutError)
            raise PartnerUnreachable(
                f"{type(error).__name__}: {error}",
                timed_out=isinstance(error, TimeoutError) and not connecting,
                partner=self._partner,
                address=address,
            ) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _where(self) -> str:
        """The address as it is now: a partner may move."""
        if isinstance(self._address, str):
            return self._address.rstrip("/")
        try:
            return self._address().rstrip("/")
        except TongbanError as error:
            raise PartnerUnreachable(
                f"its address is not known: {error.code}: {error.detail}", partner=self._partner
            ) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=16, ssl=self._tls or True)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
                trust_env=False,
            )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        chunks, size = [], 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > BATCH_BYTES:
                response.close()
                raise PartnerUnreachable(
                    f"an answer of more than {BATCH_BYTES} bytes",
                    code="link.answer",
                    partner=self._partner,
                )
            chunks.append(chunk)
        return b"".join(chunks)


def _retry_after(value: str | None) -> float | None:
    """Seconds (RFC 9110, 10.2.3): a number, or a date. None when it is neither."""
    if value is None:
        return None
    if value.isascii() and value.isdigit() and len(value) < 8:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
