"""Where private keys live. A key is named by a URI, whose scheme names the kind of store."""

from typing import Protocol

from keys.suites.suite import OpeningKey, SigningKey


class KeyStore(Protocol):
    """Gives private keys by their URI, for example `file:410100-sign-1.pem`.

    Both methods raise KeyUnusable when the key is missing, unreadable, badly guarded or
    of the wrong kind. They may block and are called when a gateway starts, not for each
    message.
    """

    def signing_key(self, uri: str) -> SigningKey:
        """The key that signs."""

    def opening_key(self, uri: str) -> OpeningKey:
        """The key that opens what was sealed to us."""
