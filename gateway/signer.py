"""A `Signer` over a key that is at hand: signing takes microseconds, so it is done at once."""

from keys.jws import sign_jws
from keys.suites.suite import SigningKey


class KeySigner:
    """Signs with one key of a key store."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @property
    def kid(self) -> str:
        return self._key.kid

    async def sign(self, payload: bytes, typ: str) -> str:
        return sign_jws(payload, typ=typ, key=self._key)
