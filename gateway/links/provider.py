"""The way to the city's provider of identities: three requests of bounded size and time."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import aiohttp
import orjson
from yarl import URL

from contracts.errors import PartnerUnreachable, Wrong

_SECONDS = 15.0
_LARGEST = 1 << 20


class ProviderLink:
    """Use as an async context. Follows no redirect: an endpoint is where its owner said."""

    def __init__(self, authority: Path | None = None) -> None:
        """`authority`: certificates to check the provider's with, beside the system's."""
        context = ssl.create_default_context()
        if authority is not None:
            context.load_verify_locations(authority)
        self._context = context

    async def __aenter__(self) -> "ProviderLink":
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._context),
            timeout=aiohttp.ClientTimeout(total=_SECONDS),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def get(self, address: str) -> object:
        """The JSON at `address`. Raises PartnerUnreachable, Wrong (`officer.provider`)."""
        return await self._ask("GET", address, None, None)

    async def post(
        self, address: str, form: Mapping[str, str], secret: tuple[str, str] | None
    ) -> object:
        """The JSON that answers a form; `secret`: id and secret of the client, if it has one."""
        return await self._ask("POST", address, form, secret)

    async def _ask(
        self,
        method: str,
        address: str,
        form: Mapping[str, str] | None,
        secret: tuple[str, str] | None,
    ) -> object:
        auth = aiohttp.BasicAuth(*secret) if secret else None
        host = URL(address).host
        try:
            async with self._session.request(
                method, address, data=form, auth=auth, allow_redirects=False
            ) as answer:
                data = await answer.content.read(_LARGEST + 1)
                while len(data) <= _LARGEST and (more := await answer.content.read(_LARGEST)):
                    data += more
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PartnerUnreachable(
                f"{host}: {type(error).__name__}", code="provider.unreachable"
            ) from error
        if status != 200 or len(data) > _LARGEST:
            raise Wrong(f"{host} answers {status} to {method}", code="officer.provider")
        try:
            said: object = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise Wrong(f"{host} answers with no JSON", code="officer.provider") from None
        return said
