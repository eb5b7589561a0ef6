"""The store of private keys that the settings choose: the one place where it is opened."""

from gateway import config
from keys.stores.by_scheme import KeyStoreByScheme
from keys.stores.file import FileKeyStore
from keys.stores.passphrase import passphrase
from keys.stores.store import KeyStore
from keys.stores.uri import FILE, TOKEN


def key_store(folder: config.Home) -> KeyStore:
    """Where this member's private keys are: files, or a token and the files beside it.

    Without a passphrase there are no files: then every key is in the token. Raises
    KeyUnusable, and KeyUnavailable when the token does not answer.
    """
    token = folder.settings.token
    if token.module is None:
        return file_store(folder)
    from keys.stores.pkcs11 import Pkcs11KeyStore  # noqa: PLC0415  # few have a token

    file = folder.path(token.pin_file) if token.pin_file else None
    pin = passphrase(file, token.pin_env, token.pin_credential, what="PIN")
    stores: dict[str, KeyStore] = {TOKEN: Pkcs11KeyStore(token.module, token.label, pin)}
    keys = folder.settings.keys
    if keys.passphrase_file or keys.passphrase_env or keys.passphrase_credential:
        stores[FILE] = file_store(folder)
    return KeyStoreByScheme(stores, signing=TOKEN, opening=TOKEN if token.opening else FILE)


def file_store(folder: config.Home) -> FileKeyStore:
    """The key folder alone, where private keys can be written to. Raises KeyUnusable."""
    keys = folder.settings.keys
    file = folder.path(keys.passphrase_file) if keys.passphrase_file else None
    secret = passphrase(file, keys.passphrase_env, keys.passphrase_credential)
    return FileKeyStore(folder.path(keys.folder), secret)
