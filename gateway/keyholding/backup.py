"""A backup of private keys: one file, under a passphrase of its own.

It is JSON. Every private key stands in it as an encrypted PKCS #8 file in PEM, as in the key
folder, so that `openssl pkey` gets a key out where nothing else is left. The rest is public: our
own file, and the notes of the federation. All of it is under a MAC, so that nobody who lacks the
passphrase can slip in a public key of his own.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from contracts.errors import KeyUnusable, Wrong
from gateway.keyholding.backup_pairs import KeptPair, keep_pairs, missing_pairs, open_pair
from keys import strict_json
from keys.atomic_file import write_atomically
from keys.stores import pbes2, pem, pkcs8
from keys.stores.file import FileKeyStore
from keys.stores.guarded_file import read_guarded
from keys.stores.store import KeyStore
from keys.stores.uri import FILE, kid_of, scheme_of
from keys.suites.suite import OpeningKey, SigningKey
from keys.tls.folder import CertificateFolder
from keys.trust.member import Kid, Member

MAX_FILE_LENGTH = 16 * 1024 * 1024
SHORTEST_PASSPHRASE = 12  # bytes: the file lies in a safe, and may be copied there
_LABEL = "ENCRYPTED PRIVATE KEY"
_MAX_KEYS = 4096
_Text = Annotated[str, StringConstraints(max_length=MAX_FILE_LENGTH)]


class _Paper(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class KeptKey(_Paper):
    """One private key, encrypted, and its public half as a JWK."""

    kid: Kid
    use: Literal["signing", "opening"]
    jwk: dict[str, str]
    pem: Annotated[str, StringConstraints(max_length=32 * 1024)]


class Content(_Paper):
    """What the MAC covers. `absent`: keys of tokens, which never leave them."""

    code: str
    made_at: AwareDatetime
    member: Member
    notes: str | None = None
    keys: Annotated[tuple[KeptKey, ...], Field(max_length=_MAX_KEYS)]
    pairs: Annotated[tuple[KeptPair, ...], Field(max_length=_MAX_KEYS)] = ()
    absent: tuple[str, ...] = ()


class Backup(_Paper):
    """The file. `content` is the exact text that the MAC is over."""

    format: Literal["tongban.keys/1"] = "tongban.keys/1"
    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    iterations: Annotated[int, Field(ge=1, le=pbes2.MAX_ITERATIONS)]
    mac: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    content: _Text


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one key: written, or here already. `name`: its kid, or its pin."""

    name: str
    written: bool


def make_backup(
    store: KeyStore,
    member: Member,
    notes: str | None,
    passphrase: bytes,
    now: datetime,
    *,
    certificates: CertificateFolder | None = None,
    iterations: int = pbes2.ITERATIONS,
) -> tuple[Backup, Content]:
    """Every key of a file store, and the names of those that are elsewhere. Slow: some tenths of
    a second a key. Raises KeyUnusable when a key cannot be read: then there is no backup."""
    kept, absent = [], []
    for uri in store.uris():
        if scheme_of(uri) == FILE:
            kept.append(_kept(store, uri, member, passphrase, iterations))
        else:
            absent.append(uri)
    content = Content(
        code=member.code,
        made_at=now,
        member=member,
        notes=notes,
        keys=tuple(kept),
        pairs=keep_pairs(certificates, passphrase, iterations),
        absent=tuple(absent),
    )
    text, salt = content.model_dump_json(exclude_none=True), secrets.token_bytes(16)
    mac = _mac(passphrase, salt, iterations, text)
    backup = Backup(salt=salt.hex(), iterations=iterations, mac=mac, content=text)
    return backup, content


def write_backup(file: Path, backup: Backup) -> None:
    """Mode 0600. Raises OSError, and Wrong when there is such a file already."""
    if file.exists():
        raise Wrong("the file exists; a backup is never overwritten", code="key.not_now", file=file)
    write_atomically(file, backup.model_dump_json(indent=1).encode() + b"\n", mode=0o600)


def open_backup(file: Path, passphrase: bytes) -> Content:
    """What is in it, once the MAC holds. Raises KeyUnusable when others may read or write the
    file, and Wrong (key.backup_invalid), without a word about the passphrase."""
    data = read_guarded(file, limit=MAX_FILE_LENGTH)
    try:
        backup = Backup.model_validate(strict_json.loads_object(data))
        mac = _mac(passphrase, bytes.fromhex(backup.salt), backup.iterations, backup.content)
        if not hmac.compare_digest(mac, backup.mac):
            raise invalid("the passphrase is wrong, or the file was changed", file)
        return Content.model_validate(strict_json.loads_object(backup.content.encode()))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise invalid(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", file) from None
    except ValueError as error:
        raise invalid(f"not a backup of keys: {error}", file) from None


def look_through(content: Content, passphrase: bytes) -> None:
    """Whether every private key opens and is the half of its public one; writes nothing.

    Raises Wrong (key.backup_invalid).
    """
    for key in content.keys:
        _opened(key, passphrase)
    for pair in content.pairs:
        _opened_pair(pair, passphrase)


def restore(
    content: Content,
    passphrase: bytes,
    store: FileKeyStore,
    certificates: CertificateFolder | None = None,
) -> list[Restored]:
    """Write what is not in `store` or `certificates` yet. Nothing is written unless everything
    fits: a key that stands there under the same name must be the same key.

    Raises Wrong (key.backup_invalid), KeyUnusable.
    """
    opened = [(key, _opened(key, passphrase)) for key in content.keys]
    pairs = [(pair, _opened_pair(pair, passphrase)) for pair in content.pairs]
    here = {kid_of(uri): uri for uri in store.uris()}
    for key, _ in opened:
        if key.kid in here and _public(store, here[key.kid], key.use) != key.jwk:
            raise invalid(f"another key of the name {key.kid} is here; nothing was written")
    for key, save in opened:
        if key.kid not in here:
            save(store)
    done = [Restored(key.kid, key.kid not in here) for key, _ in opened]
    if certificates is None:
        return done
    missing = missing_pairs(content.pairs, certificates)
    for pair, put in pairs:
        if pair in missing:
            put(certificates)
    return [*done, *(Restored(pair.sha256, pair in missing) for pair in content.pairs)]


def _opened_pair(pair: KeptPair, passphrase: bytes) -> Callable[[CertificateFolder], None]:
    try:
        return open_pair(pair, passphrase)
    except ValueError as error:
        raise invalid(f"certificate {pair.name}: {error}") from None


def _opened(kept: KeptKey, passphrase: bytes) -> Callable[[FileKeyStore], object]:
    """What writes the private key, which must be the half of the public one beside it."""
    save: Callable[[FileKeyStore], object]
    try:
        plain = pbes2.decrypt(pem.decode(kept.pem.encode(), _LABEL), passphrase)
        if kept.use == "signing":
            signing = pkcs8.decode_signing_key(kept.kid, plain)
            public = signing.public().jwk()
            save = partial(_save_signing, key=signing)
        else:
            opening = pkcs8.decode_opening_key(kept.kid, plain)
            public = opening.public().jwk()
            save = partial(_save_opening, key=opening)
    except ValueError as error:
        raise invalid(f"key {kept.kid}: {error}") from None
    if public != kept.jwk:
        raise invalid(f"key {kept.kid} is not the half of its public key")
    return save


def _save_signing(store: FileKeyStore, key: SigningKey) -> None:
    store.save_signing_key(key.kid, key)


def _save_opening(store: FileKeyStore, key: OpeningKey) -> None:
    store.save_opening_key(key.kid, key)


def _kept(store: KeyStore, uri: str, member: Member, passphrase: bytes, iterations: int) -> KeptKey:
    """The key of a file, signing or opening: our own file says which, and where it does not, the
    key itself. (An SM2 key does not know what it is for, and is kept the same way for both.)"""
    kid = kid_of(uri)
    opens = any(key.kid == kid for key in member.sealing_keys)
    if not opens:
        try:
            signing = store.signing_key(uri)
            jwk, plain = signing.public().jwk(), pkcs8.encode_signing_key(signing)
        except KeyUnusable:
            opens = True
    if opens:
        opening = store.opening_key(uri)
        jwk, plain = opening.public().jwk(), pkcs8.encode_opening_key(opening)
    encrypted = pbes2.encrypt(plain, passphrase, iterations=iterations)
    return KeptKey(
        kid=kid,
        use="opening" if opens else "signing",
        jwk=jwk,
        pem=pem.encode(encrypted, _LABEL).decode(),
    )


def _public(store: FileKeyStore, uri: str, use: str) -> dict[str, str]:
    try:
        key = store.signing_key(uri) if use == "signing" else store.opening_key(uri)
    except KeyUnusable:
        return {}
    return key.public().jwk()


def _mac(passphrase: bytes, salt: bytes, iterations: int, text: str) -> str:
    """HMAC-SHA-256 under a key of its own, stretched from the passphrase by PBKDF2."""
    key = hashlib.pbkdf2_hmac("sha256", passphrase, salt + b"tongban.keys/1", iterations, 32)
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def invalid(detail: str, file: Path | None = None) -> Wrong:
    return Wrong(detail, code="key.backup_invalid", file=file)
