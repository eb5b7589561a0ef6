"""The way to a partner's gateway over HTTP.

Every answer is bounded in size and time before it is kept; redirects are not followed; a
connection that breaks in the middle is `PartnerUnreachable` like one that never was.
"""

import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from contracts.errors import PartnerUnreachable, TongbanError
from contracts.limits import BATCH_BYTES, HEAD_SECONDS
from gateway.links.faults import unreachable
from gateway.links.way import Way
from gateway.ports import Answer

_CHUNK = 64 * 1024
_IDLE_SECONDS = HEAD_SECONDS - 15
"""For which a connection is kept: a partner ends an idle one itself after HEAD_SECONDS, and a
request that crosses that end is lost. A handshake is worth a few hundred messages."""
_NOT_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Nothing was sent: the next address may be tried at once."""


class HttpLink:
    """A `Link` to one partner. Shares its session's connections with nobody else."""

    def __init__(
        self,
        partner: str,
        addresses: Callable[[], Sequence[str]],
        *,
        timeout: float = 30.0,
        connect_timeout: float = 5.0,
        tls: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        """`addresses`: whom to ask before every exchange, as a partner may move; each is scheme,
        host and port, all lead to the same gateway, and the first is preferred.
        `timeout`: seconds for a whole exchange. `tls`: the context for https, asked for as often;
        it must be the same object as long as connections may be kept."""
        self._partner = partner
        self._addresses = addresses
        self._way = Way()
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=connect_timeout)
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: bytes) -> Answer:
        first: PartnerUnreachable | None = None
        addresses, tls = self._where()
        for address in self._way.order(addresses):
            try:
                answer = await self._post(address + path, body, tls)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                fault = unreachable(error, partner=self._partner, address=address)
                if not isinstance(error, _NOT_REACHED):
                    self._way.failed(address, addresses)
                    raise fault from error
                first = first or fault
            except PartnerUnreachable:
                self._way.failed(address, addresses)
                raise
            else:
                self._way.worked(address)
                return answer
        raise first or PartnerUnreachable("it has no address", partner=self._partner)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _where(self) -> tuple[list[str], ssl.SSLContext | bool]:
        """Addresses and context as they are now."""
        try:
            addresses = [address.rstrip("/") for address in self._addresses()]
            return addresses, self._tls() if self._tls is not None else True
        except PartnerUnreachable:
            raise
        except TongbanError as error:
            raise PartnerUnreachable(
                f"it cannot be called now: {error.code}: {error.detail}", partner=self._partner
            ) from error

    async def _post(self, url: str, body: bytes, tls: ssl.SSLContext | bool) -> Answer:
        async with self._open().post(
            url,
            data=body,
            headers={"Content-Type": "application/json"},
            allow_redirects=False,
            ssl=tls,
        ) as response:
            answer = await self._read(response)
            after = _retry_after(response.headers.get("Retry-After"))
            return Answer(response.status, answer, after)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=16, keepalive_timeout=_IDLE_SECONDS)
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
