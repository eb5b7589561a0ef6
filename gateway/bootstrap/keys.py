"""The store of private keys that the settings choose: the one place where it is opened."""

from gateway import config
from keys.stores.file import FileKeyStore
from keys.stores.passphrase import passphrase
from keys.stores.store import KeyStore


def key_store(folder: config.Home) -> KeyStore:
    """Where this member's private keys are. Raises KeyUnusable without a passphrase."""
    return file_store(folder)


def file_store(folder: config.Home) -> FileKeyStore:
    """The key folder alone, where private keys can be written to. Raises KeyUnusable."""
    keys = folder.settings.keys
    file = folder.path(keys.passphrase_file) if keys.passphrase_file else None
    return FileKeyStore(folder.path(keys.folder), passphrase(file, keys.passphrase_env))
