"""Where private keys live. A key is named by a URI, whose scheme names the kind of store."""

from collections.abc import Sequence
from typing import Protocol

from keys.suites.suite import OpeningKey, SigningKey, Suite


class KeyStore(Protocol):
    """Makes private keys, and gives them by their URI, for example `file:410100-sign-1.pem`.

    Every method raises KeyUnusable when the store, or the key, is missing, unreadable, badly
    guarded or of the wrong kind, and KeyUnavailable when it is in a token that does not answer
    now; so do the keys that it gives. They may block, and are called when a gateway starts and by
    commands, not for each message.
    """

    def uris(self) -> Sequence[str]:
        """Every private key of the store, signing and opening, in the order of their names.

        `keys.stores.uri.kid_of` tells a key's `kid` from its URI.
        """

    def signing_key(self, uri: str) -> SigningKey:
        """The key that signs."""

    def opening_key(self, uri: str) -> OpeningKey:
        """The key that opens what was sealed to us."""

    def new_signing_key(self, suite: Suite, kid: str) -> str:
        """Make a signing key for `suite` inside the store; its URI.

        A `kid` has 1 to 100 letters, digits, `-` and `_`, and starts with a letter or digit.
        Raises KeyUnusable when it is another, when the store holds a key of that name (none
        is ever overwritten), or when the store cannot make keys of the suite.
        """

    def new_opening_key(self, suite: Suite, kid: str) -> str:
        """Like `new_signing_key`, for a key that opens."""

    def close(self) -> None:
        """Let go of what the store holds open. May be called again.

        Keys that it gave need not work any more.
        """
