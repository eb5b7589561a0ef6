"""Signers over the keys of a key store: one for keys at hand, one for keys in a token."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from gateway.ports import Signer
from keys.jws import sign_jws
from keys.stores.uri import TOKEN, scheme_of
from keys.suites.suite import SigningKey


def signer_of(key: SigningKey, uri: str) -> Signer:
    """Signs with `key`, which `uri` names; one in a token without holding up anything else."""
    return ThreadSigner(key) if scheme_of(uri) == TOKEN else KeySigner(key)


class KeySigner:
    """A key that is at hand: signing takes microseconds, so it is done at once."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @property
    def kid(self) -> str:
        return self._key.kid

    async def sign(self, payload: bytes, typ: str) -> str:
        return sign_jws(payload, typ=typ, key=self._key)


class ThreadSigner:
    """A key in a token: signing takes milliseconds, so a thread waits for it.

    One thread, because a token signs one after another anyway; what waits meanwhile is the
    batch that wants its seal, and nothing else.
    """

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tongban-signer")

    @property
    def kid(self) -> str:
        return self._key.kid

    async def sign(self, payload: bytes, typ: str) -> str:
        """Raises KeyUnusable, and KeyUnavailable when the token does not answer."""

        def work() -> str:
            return sign_jws(payload, typ=typ, key=self._key)

        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
