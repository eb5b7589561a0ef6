"""Checks of the settings about the city's provider of identities and the local API."""

import contextlib
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

from gateway.officers.oidc import allowed
from gateway.settings import LocalTable, OfficersTable, OidcTable


def missing_of_oidc(oidc: OidcTable, path: Callable[[Path], Path]) -> list[str]:
    """What a sign-in at the provider would fail for; `path` makes paths absolute."""
    if oidc.issuer is None:
        return []
    found = [
        f"oidc.{name}: a provider needs it"
        for name in ("client_id", "system", "security", "auditor")
        if not getattr(oidc, name)
    ]
    if not allowed(oidc.issuer):
        found.append("oidc.issuer: https://…; http only on this machine itself")
    if "openid" not in oidc.scopes:
        found.append("oidc.scopes: openid must be among them")
    values = [oidc.system, oidc.security, oidc.auditor]
    if len({*values}) < len(values) and not found:
        found.append("oidc: system, security and auditor must be three values")
    if oidc.ca_file is not None and not path(oidc.ca_file).is_file():
        found.append(f"oidc.ca_file: there is no {path(oidc.ca_file)}")
    return found


def missing_of_officers(officers: OfficersTable, path: Callable[[Path], Path]) -> list[str]:
    """What a sign-in would fail for."""
    own = officers.passphrase_file
    if own is None or path(own).is_file():
        return []
    return [f"officers.passphrase_file: there is no {path(own)}"]


def missing_of_local(local: LocalTable) -> list[str]:
    """Why the local API would not be served there."""
    if local.listen is None:
        return []
    if not 0 < local.port < 65536:
        return [f"local.listen: {local.port} is no port"]
    with contextlib.suppress(ValueError):
        if ip_address(local.host).is_loopback:
            return []
    return [
        "local.listen: an address of this machine alone (127.0.0.1:8411): tokens travel in clear; "
        "let what comes from other machines end its TLS in front of it"
    ]
