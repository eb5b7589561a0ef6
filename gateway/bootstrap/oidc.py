"""A sign-in with the city's provider of identities, from the settings to a session."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from contracts.errors import SettingsInvalid, Wrong
from gateway import config
from gateway.bootstrap.officers import OfficerDesk
from gateway.links.provider import ProviderLink
from gateway.links.redirect import Redirect
from gateway.officers import oidc
from gateway.officers.duties import Duty
from gateway.officers.sign_in import SignedIn
from gateway.officers.sign_in_oidc import SignInOidc
from keys.stores.passphrase import passphrase

PATIENCE_S = 300.0
_VARIABLES = "TONGBAN_OIDC__"

Show = Callable[[str], None]
Ask = Callable[[], str]


async def sign_in_oidc(
    desk: OfficerDesk, show: Show, paste: Ask | None, patience: float = PATIENCE_S
) -> SignedIn:
    """Show the address for the browser, wait for it to come back, check everything.

    `paste`: asks for the address that the browser ended at, where the browser runs on another
    machine and cannot reach this one. Raises Wrong (`officer.provider`, `officer.two_duties`,
    `officer.sign_in`), PartnerUnreachable (`provider.unreachable`), SettingsInvalid.
    """
    client, settings = _client(desk.folder), desk.folder.settings.oidc
    authority = desk.folder.path(settings.ca_file) if settings.ca_file else None
    async with ProviderLink(authority) as link:
        where = f"{client.issuer.rstrip('/')}/.well-known/openid-configuration"
        provider = oidc.read_provider(client, await link.get(where))
        attempt, query = await _asked(
            client, provider, settings.redirect_port, show, paste, patience
        )
        code = oidc.code_of(client, attempt, query)
        form = oidc.exchange(client, attempt, code)
        answer = await link.post(provider.token_endpoint, form, _secret(desk.folder))
        keys = await link.get(provider.jwks_uri)
    who = oidc.identity(client, attempt, answer, keys)
    pace = desk.folder.settings.officers.pace
    return await SignInOidc(desk.store, pace, desk.now_ms)(who)


async def _asked(
    client: oidc.Client,
    provider: oidc.Provider,
    port: int,
    show: Show,
    paste: Ask | None,
    patience: float,
) -> tuple[oidc.Attempt, str]:
    """The query with which the browser came back."""
    async with Redirect(port) as back:
        attempt = oidc.Attempt(back.uri)
        show(oidc.address(client, provider, attempt))
        coming: Awaitable[str] = back.query() if paste is None else _pasted(paste)
        try:
            async with asyncio.timeout(patience):
                return attempt, await coming
        except TimeoutError:
            raise Wrong("nobody came back in time", code="officer.provider") from None


async def _pasted(paste: Ask) -> str:
    return urlsplit((await asyncio.to_thread(paste)).strip()).query


def _client(folder: config.Home) -> oidc.Client:
    """Raises SettingsInvalid when the settings name no provider, or the environment does."""
    said = folder.settings.oidc
    if given := sorted(name for name in os.environ if name.startswith(_VARIABLES)):
        # Whoever calls a command sets its environment: he would name a provider of his own.
        mistakes = [
            f"{name}: the provider of identities is named in the file alone" for name in given
        ]
        raise SettingsInvalid(mistakes, source="environment")
    if said.issuer is None:
        raise SettingsInvalid(["oidc.issuer: names no provider"], source=config.FILE_NAME)
    return oidc.Client(
        issuer=said.issuer,
        client_id=said.client_id or "",
        claim=said.claim,
        duties={
            Duty.SYSTEM: said.system or "",
            Duty.SECURITY: said.security or "",
            Duty.AUDITOR: said.auditor or "",
        },
        scopes=said.scopes,
        acr=said.acr,
        amr=said.amr,
    )


def _secret(folder: config.Home) -> tuple[str, str] | None:
    said = folder.settings.oidc
    if said.client_secret_file is None:
        return None
    secret = passphrase(folder.path(said.client_secret_file), None)
    return said.client_id or "", secret.decode("utf-8", "replace")
