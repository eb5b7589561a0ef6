"""What a signature suite owes: the protocols of its keys, and its value types.

A suite is a signature, a digest, a way to wrap a secret to one receiver, and an
authenticated cipher. `sm` and `intl` implement these protocols; whoever uses keys sees
nothing else. Lengths are in bytes throughout.
"""

from typing import NamedTuple, Protocol

SECRET_LENGTH = 32
NONCE_LENGTH = 12
SALT_LENGTH = 16
TAG_LENGTH = 16


class PartKey(NamedTuple):
    """Everything one part needs: cipher key, GCM nonce, salt of its plain digest.

    A part key serves one part once. It is made of `secret` and an `info` that no other
    part of the epoch has, so the nonce may be derived: the key never meets another nonce.
    """

    key: bytes
    nonce: bytes
    salt: bytes


class VerifyingKey(Protocol):
    """The public half of a signing key."""

    @property
    def kid(self) -> str:
        """Name of the key, unique within its member."""

    @property
    def alg(self) -> str:
        """The JWS algorithm of this key. It comes from the key, never from a message."""

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature`, in the raw form of JWS, is this key's over `data`.

        Never raises for bad input: a signature of the wrong length is simply not one.
        """

    def jwk(self) -> dict[str, str]:
        """The key as a JWK (RFC 7517), public members only."""


class SigningKey(Protocol):
    """A private key that signs; it may live in a file or in a token."""

    @property
    def kid(self) -> str:
        """Name of the key, unique within its member."""

    @property
    def alg(self) -> str:
        """The JWS algorithm of this key."""

    def sign(self, data: bytes) -> bytes:
        """Signature over `data` in the raw form of JWS: r || s for SM2 and ES256."""

    def public(self) -> VerifyingKey:
        """The public half, under the same `kid`."""


class SealingKey(Protocol):
    """The public half of an opening key: whoever holds it can seal to its owner."""

    @property
    def kid(self) -> str:
        """Name of the key, unique within its member."""

    @property
    def suite(self) -> str:
        """Name of the suite this key belongs to."""

    def wrap(self, secret: bytes, info: bytes) -> bytes:
        """`secret` (32 bytes), readable by the key's owner alone, and only with `info`."""

    def jwk(self) -> dict[str, str]:
        """The key as a JWK (RFC 7517), public members only."""


class OpeningKey(Protocol):
    """A private key that opens what was sealed to it."""

    @property
    def kid(self) -> str:
        """Name of the key, unique within its member."""

    @property
    def suite(self) -> str:
        """Name of the suite this key belongs to."""

    def unwrap(self, wrapped: bytes, info: bytes) -> bytes:
        """The 32-byte secret that was wrapped to this key with the same `info`.

        Raises MessageRefused (part.unreadable) when it was not, or was changed.
        """

    def public(self) -> SealingKey:
        """The public half, under the same `kid`."""


class Suite(Protocol):
    """One row of the table of suites."""

    @property
    def name(self) -> str:
        """`sm` or `intl`."""

    @property
    def digest_name(self) -> str:
        """`sm3` or `sha-256`, as it stands in seals and envelopes."""

    def digest(self, data: bytes) -> bytes:
        """Digest of `data`, 32 bytes."""

    def new_signing_key(self, kid: str) -> SigningKey:
        """A fresh random signing key."""

    def new_opening_key(self, kid: str) -> OpeningKey:
        """A fresh random opening key."""

    def part_key(self, secret: bytes, info: bytes) -> PartKey:
        """The key of one part: HKDF-Expand of the epoch's `secret` (see `part_key`)."""

    def encrypt(self, part_key: PartKey, plain: bytes, aad: bytes) -> bytes:
        """Ciphertext || 16-byte tag, GCM with 12-byte nonce; `aad` is authenticated too."""

    def decrypt(self, part_key: PartKey, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes of `sealed`.

        Raises MessageRefused (part.unreadable) when key, bytes or `aad` do not fit.
        """
