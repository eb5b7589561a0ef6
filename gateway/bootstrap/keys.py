"""The store of private keys that the settings choose: the one place where it is opened."""

from gateway import config
from gateway.ports import Signer
from gateway.signer import KeySigner, ThreadSigner
from keys.stores.by_scheme import KeyStoreByScheme
from keys.stores.file import FileKeyStore
from keys.stores.passphrase import passphrase
from keys.stores.store import KeyStore
from keys.stores.uri import FILE, TOKEN, scheme_of


def key_store(folder: config.Home) -> KeyStore:
    """Where this member's private keys are: files, or a token and the files beside it.

    Without a passphrase there are no files: then every key is in the token. Raises
    KeyUnusable, and KeyUnavailable when the token does not answer.
    """
    token = folder.settings.token
    if token.module is None:
        return _files(folder)
    from keys.stores.pkcs11 import Pkcs11KeyStore  # noqa: PLC0415  # few have a token

    file = folder.path(token.pin_file) if token.pin_file else None
    pin = passphrase(file, token.pin_env, token.pin_credential, what="PIN")
    stores: dict[str, KeyStore] = {TOKEN: Pkcs11KeyStore(token.module, token.label, pin)}
    keys = folder.settings.keys
    if keys.passphrase_file or keys.passphrase_env or keys.passphrase_credential:
        stores[FILE] = _files(folder)
    return KeyStoreByScheme(stores, signing=TOKEN, opening=TOKEN if token.opening else FILE)


def signer(store: KeyStore, uri: str) -> Signer:
    """Signs with the key that `uri` names, one in a token without holding up anything else."""
    key = store.signing_key(uri)
    return ThreadSigner(key) if scheme_of(uri) == TOKEN else KeySigner(key)


def _files(folder: config.Home) -> FileKeyStore:
    keys = folder.settings.keys
    file = folder.path(keys.passphrase_file) if keys.passphrase_file else None
    secret = passphrase(file, keys.passphrase_env, keys.passphrase_credential)
    return FileKeyStore(folder.path(keys.folder), secret)
