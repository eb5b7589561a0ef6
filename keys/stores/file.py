"""Private keys in a folder: one encrypted PKCS #8 file in PEM for each key.

Folder 0700, files 0600, always encrypted: a copied disk or a careless backup gives nothing
away. `openssl pkey -in FILE` reads them. A key's `kid` is its file's name without `.pem`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from contracts.errors import KeyUnusable
from keys.atomic_file import write_atomically
from keys.stores import pbes2, pem, pkcs8
from keys.stores.guarded_file import check_folder, read_guarded
from keys.stores.uri import FILE, file_uri, kid_of, scheme_of
from keys.suites.suite import OpeningKey, SigningKey, Suite

_Key = TypeVar("_Key")

MAX_FILE_LENGTH = 16 * 1024

_LABEL = "ENCRYPTED PRIVATE KEY"


class FileKeyStore:
    """A `KeyStore` over one folder; see `keys.stores.store.KeyStore`."""

    def __init__(
        self, folder: Path, passphrase: bytes, *, iterations: int = pbes2.ITERATIONS
    ) -> None:
        """`iterations` is the number of PBKDF2 rounds for keys written from now on."""
        self._folder = folder
        self._passphrase = passphrase
        self._iterations = iterations

    def __repr__(self) -> str:
        return f"FileKeyStore({str(self._folder)!r})"

    def uris(self) -> Sequence[str]:
        """A URI for each `NAME.pem` in the folder, whatever it holds. Raises KeyUnusable."""
        check_folder(self._folder)
        found = sorted(f"{FILE}:{path.name}" for path in self._folder.glob("*.pem"))
        return [uri for uri in found if _is_named(uri)]

    def signing_key(self, uri: str) -> SigningKey:
        """The signing key in the file that `uri` names. Raises KeyUnusable."""
        return self._read(uri, pkcs8.decode_signing_key)

    def opening_key(self, uri: str) -> OpeningKey:
        """The opening key in the file that `uri` names. Raises KeyUnusable."""
        return self._read(uri, pkcs8.decode_opening_key)

    def new_signing_key(self, suite: Suite, kid: str) -> str:
        """Make a key and write it; see `keys.stores.store.KeyStore`."""
        return self.save_signing_key(kid, suite.new_signing_key(kid))

    def new_opening_key(self, suite: Suite, kid: str) -> str:
        """Make a key and write it; see `keys.stores.store.KeyStore`."""
        return self.save_opening_key(kid, suite.new_opening_key(kid))

    def close(self) -> None:
        """Nothing is held open."""

    def save_signing_key(self, name: str, key: SigningKey) -> str:
        """Write `key` to the file `name` (with or without `.pem`); its URI.

        Raises KeyUnusable when the file exists (a key is never overwritten), when the name
        is not the key's `kid`, or when the key or folder cannot be used.
        """
        return self._save(name, key.kid, lambda: pkcs8.encode_signing_key(key))

    def save_opening_key(self, name: str, key: OpeningKey) -> str:
        """Like `save_signing_key`, for an opening key."""
        return self._save(name, key.kid, lambda: pkcs8.encode_opening_key(key))

    def _read(self, uri: str, decode: Callable[[str, bytes], _Key]) -> _Key:
        kid, path = self._locate(uri)
        check_folder(self._folder)
        text = read_guarded(path, limit=MAX_FILE_LENGTH)
        try:
            encrypted = pem.decode(text, _LABEL)
            return decode(kid, pbes2.decrypt(encrypted, self._passphrase))
        except ValueError as error:
            raise KeyUnusable(str(error), file=path) from None

    def _save(self, name: str, kid: str, encode: Callable[[], bytes]) -> str:
        uri = file_uri(name.removesuffix(".pem"))
        stem, path = self._locate(uri)
        if stem != kid:
            raise KeyUnusable("a key's file bears the key's kid as its name", file=path, key=kid)
        if not self._folder.exists():
            self._folder.mkdir(mode=0o700, parents=True)
        check_folder(self._folder)
        if path.exists():
            raise KeyUnusable("the file exists; a key is never overwritten", file=path)
        try:
            encrypted = pbes2.encrypt(encode(), self._passphrase, iterations=self._iterations)
            write_atomically(path, pem.encode(encrypted, _LABEL), mode=0o600)
        except ValueError as error:
            raise KeyUnusable(str(error), key=kid) from None
        except OSError as error:
            detail = f"the file cannot be written: {error.strerror}"
            raise KeyUnusable(detail, file=path) from None
        return uri

    def _locate(self, uri: str) -> tuple[str, Path]:
        """kid and path. The name is one component of letters, digits, `-` and `_`."""
        if scheme_of(uri) != FILE or not _is_named(uri):
            raise KeyUnusable("not a key of this store; expected file:NAME.pem", uri=uri[:200])
        return kid_of(uri), self._folder / uri.removeprefix(f"{FILE}:")


def _is_named(uri: str) -> bool:
    try:
        kid_of(uri)
    except KeyUnusable:
        return False
    return True
