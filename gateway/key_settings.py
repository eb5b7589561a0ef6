"""What the settings of private keys lack, before anything is opened."""

import os
from collections.abc import Iterator
from pathlib import Path

from contracts.errors import KeyUnusable
from gateway.settings import Settings
from keys.stores.passphrase import credential_path
from keys.stores.uri import FILE, TOKEN, kid_of, scheme_of, token_attributes


def missing_of_keys(settings: Settings, folder: Path) -> Iterator[str]:
    """One sentence a mistake in the tables `keys` and `token`; relative paths start at `folder`."""
    keys, token = settings.keys, settings.token
    names = [("keys.opening", uri) for uri in keys.opening]
    if keys.signing is not None:
        names.insert(0, ("keys.signing", keys.signing))
    for name, uri in names:
        yield from (f"{name}: {mistake}" for mistake in _of_key(uri, settings, folder))
    schemes = {scheme_of(uri) for _, uri in names}
    if FILE in schemes or token.module is None:
        yield from _of_secret(
            "keys",
            "passphrase",
            keys.passphrase_file,
            keys.passphrase_env,
            keys.passphrase_credential,
        )
    if token.module is not None:
        if not token.module.is_absolute() or not token.module.is_file():
            yield f"token.module: {token.module} is no file; write its whole path"
        yield from _of_secret("token", "pin", token.pin_file, token.pin_env, token.pin_credential)


def _of_key(uri: str, settings: Settings, folder: Path) -> Iterator[str]:
    try:
        kid_of(uri)
    except KeyUnusable as error:
        yield f"{uri[:200]}: {error.detail}"
        return
    if scheme_of(uri) == TOKEN:
        named = token_attributes(uri).get("token")
        if settings.token.module is None:
            yield "a key in a token needs token.module"
        elif named != settings.token.label:
            yield f"the key is in the token {named!r}, but token.label is {settings.token.label!r}"
    else:
        file = folder / settings.keys.folder / uri.removeprefix(f"{FILE}:")
        if not file.is_file():
            yield f"there is no {file}"


def _of_secret(
    table: str, name: str, file: Path | None, env: str | None, credential: str | None
) -> Iterator[str]:
    """Whether it is said where the secret is, and is there as far as that can be seen."""
    if file is None and env is None and credential is None:
        ways = f"{name}_file, {name}_env or {name}_credential"
        yield f"{table}: {ways} must say where the {'PIN' if name == 'pin' else name} is"
    if env and env not in os.environ:
        yield f"{table}.{name}_env: {env} is not set"
    if credential and file is None and env is None:
        try:
            path = credential_path(credential)
        except KeyUnusable as error:
            yield f"{table}.{name}_credential: {error.detail}"
            return
        if not path.exists():
            yield f"{table}.{name}_credential: there is no {path}"
