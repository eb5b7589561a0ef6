"""Sealing parts to a partner: one wrapped secret an epoch, one derived key a part.

Public-key encryption is slow, so a sender wraps a random secret to the receiver once for
an epoch and derives a key for each part from it. Every envelope carries the wrapped
secret, so each message can be opened by itself, after any other was lost.

`context` (who seals to whom) is bound at wrapping, `info` (which part of which message) at
derivation and as associated data: neither an epoch nor a part can be moved elsewhere.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import NamedTuple

from contracts.errors import MessageRefused
from keys.suites.suite import SECRET_LENGTH, OpeningKey, SealingKey, Suite

MAX_WRAPPED_LENGTH = 1024
MAX_REMEMBERED_SECRETS = 1024


class SealedPart(NamedTuple):
    """Ciphertext || tag, and the salt of the plain digest (16 bytes)."""

    sealed: bytes
    salt: bytes


class OpenedPart(NamedTuple):
    """Plain bytes, and the salt of their digest (16 bytes)."""

    plain: bytes
    salt: bytes


def salted_digest(digest: Callable[[bytes], bytes], salt: bytes, plain: bytes) -> bytes:
    """digest(salt || plain): the plain digest that stands in an envelope.

    Envelopes are kept for years and shown to auditors who may not read the parts. A form
    has little entropy (a name, an identity number): its bare digest could be guessed at,
    form by form. The salt comes from the epoch's secret and is known only to whoever can
    open the part, so the digest tells the auditor nothing, and still binds both cities.
    """
    return digest(salt + plain)


class Epoch:
    """One secret, wrapped to one receiver: `key_id` names the key, `wrapped` is the secret."""

    __slots__ = ("_infos", "_secret", "_suite", "key_id", "wrapped")

    def __init__(self, suite: Suite, key: SealingKey, context: bytes) -> None:
        self._suite = suite
        self._secret = secrets.token_bytes(SECRET_LENGTH)
        self._infos: set[bytes] = set()
        self.key_id = key.kid
        self.wrapped = key.wrap(self._secret, context)

    def seal(self, plain: bytes, info: bytes) -> SealedPart:
        """`plain` under the key of `info`, which must name this part and no other.

        Raises ValueError when `info` was used in this epoch: the same key and nonce for
        two plain texts would give away both, and the means to forge (NIST SP 800-38D, 8).
        """
        if info in self._infos:
            raise ValueError("a part of this name was sealed in this epoch already")
        self._infos.add(info)
        part_key = self._suite.part_key(self._secret, info)
        return SealedPart(self._suite.encrypt(part_key, plain, info), part_key.salt)

    def wrapped_for(self, key: SealingKey, context: bytes) -> bytes:
        """The same secret wrapped to `key` as well: a sender's own copy, which never travels."""
        return key.wrap(self._secret, context)


class Sealer:
    """Seals to one partner. Not for several threads at once."""

    def __init__(
        self,
        suite: Suite,
        key: SealingKey,
        context: bytes,
        max_messages: int = 1000,
        max_age: float = 600.0,
    ) -> None:
        """`max_messages` and `max_age` (seconds) bound what one leaked secret opens.

        Raises ValueError when `key` is of another suite.
        """
        if key.suite != suite.name:
            raise ValueError(f"a key of {key.suite} cannot seal for {suite.name}")
        self._suite = suite
        self._key = key
        self._context = context
        self._max_messages = max_messages
        self._max_age = max_age
        self._epoch: Epoch | None = None
        self._started = 0.0
        self._messages = 0

    def epoch(self, now: float) -> Epoch:
        """The epoch for one message at `now` (seconds of a monotonic clock).

        Each call counts as one message, however many parts are sealed with it.
        """
        epoch = self._epoch
        if epoch is None or self._messages >= self._max_messages or self._is_old(now):
            epoch = self._epoch = Epoch(self._suite, self._key, self._context)
            self._started = now
            self._messages = 0
        self._messages += 1
        return epoch

    def _is_old(self, now: float) -> bool:
        # A clock that was set back must not keep a secret alive.
        return not 0 <= now - self._started < self._max_age


class Opener:
    """Opens what one partner sealed; remembers the secrets of recent epochs.

    Unwrapping costs half a millisecond and is the same for every message of an epoch. The
    memory is bounded; a wrapped secret that cannot be opened is not remembered, so nobody
    can push good ones out with bad ones. Safe for several threads.
    """

    def __init__(
        self,
        suite: Suite,
        keys: Mapping[str, OpeningKey] | Callable[[str], OpeningKey],
        context: bytes,
    ) -> None:
        """`keys` gives our opening key for a `key_id`: a mapping, or a function.

        A function raises KeyError for a name it does not know, as a mapping does.
        """
        self._suite = suite
        self._find = keys if callable(keys) else keys.__getitem__
        self._context = context
        self._secrets: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()
        self._lock = Lock()

    def open(self, key_id: str, wrapped: bytes, sealed: bytes, info: bytes) -> OpenedPart:
        """The plain bytes of `sealed`, which the partner sealed as `info`.

        Raises MessageRefused (part.unreadable) when the key is not ours, is of another
        suite, or when the wrapped secret or the part was changed or belongs elsewhere.
        """
        part_key = self._suite.part_key(self._secret(key_id, wrapped), info)
        return OpenedPart(self._suite.decrypt(part_key, sealed, info), part_key.salt)

    def _secret(self, key_id: str, wrapped: bytes) -> bytes:
        name = (key_id, wrapped)
        with self._lock:
            known = self._secrets.get(name)
            if known is not None:
                self._secrets.move_to_end(name)
                return known
        secret = self._unwrap(key_id, wrapped)
        with self._lock:
            self._secrets[name] = secret
            if len(self._secrets) > MAX_REMEMBERED_SECRETS:
                self._secrets.popitem(last=False)
        return secret

    def _unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        if len(wrapped) > MAX_WRAPPED_LENGTH:
            raise _unreadable("the wrapped secret is too long", length=len(wrapped))
        try:
            key = self._find(key_id)
        except KeyError:
            raise _unreadable("we have no such sealing key", key=key_id[:128]) from None
        if key.suite != self._suite.name:
            raise _unreadable("the sealing key is of another suite", key=key.kid)
        return key.unwrap(wrapped, self._context)


def _unreadable(detail: str, **where: object) -> MessageRefused:
    return MessageRefused(detail, code="part.unreadable", **where)
