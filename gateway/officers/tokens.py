"""Tokens of city systems: made once, shown once, for what they were given for, until they end.

A token is ``tongban_<id>_<secret>``: the id finds it, the secret proves it. Kept is SHA-256 of the
secret, and no Argon2: it has 256 random bits, which nobody guesses, and is checked at every
request. The prefix lets scanners of source code recognise one that leaked.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from contracts.errors import Wrong
from gateway.officers.port import Entries, Office, OfficerStore, Ruling
from gateway.officers.records import Token
from gateway.officers.scopes import checked

PREFIX = "tongban"
LONGEST_DAYS = 400
_FORM = re.compile(rf"{PREFIX}_([0-9a-f]{{16}})_([0-9A-Za-z_-]{{43}})")
_OWNER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_DAY_MS = 86_400_000
_NOTE_USE_MS = 60_000


@dataclass(frozen=True, slots=True)
class NewToken:
    """`text` is shown once, and to nobody else."""

    text: str
    token: Token

    def __repr__(self) -> str:
        return f"NewToken({self.token!r})"


class Tokens:
    """Use cases about tokens."""

    def __init__(self, store: OfficerStore, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms

    async def new(self, owner: str, scopes: Sequence[str], days: float, by: str) -> NewToken:
        """Raises Wrong (`access.scope`, `officer.name`). `by`: the officer who makes it."""
        given = checked(scopes)
        if not _OWNER.fullmatch(owner):
            raise Wrong(
                "1 to 64 of A-Z a-z 0-9 . _ -", code="officer.name", value=ascii(owner)[:80]
            )
        if not 0 < days <= LONGEST_DAYS:
            raise Wrong(f"a token lives up to {LONGEST_DAYS} days", code="officer.name")
        token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        now = self._now_ms()
        ends = now + int(days * _DAY_MS)
        token = Token(token_id, owner, _digest(secret), given, now, by, ends)

        def rule(_office: Office) -> Ruling[None]:
            return Ruling(Entries(tokens=[token]), None)

        await self._store.decide(rule)
        return NewToken(f"{PREFIX}_{token_id}_{secret}", token)

    async def revoke(self, token_id: str) -> Token:
        """At once, in every process. Raises Wrong (`not_found`)."""

        def rule(office: Office) -> Ruling[Token]:
            token = office.tokens.get(token_id)
            if token is None:
                raise Wrong("there is no such token", code="not_found", value=ascii(token_id)[:40])
            revoked = replace(token, revoked_at=token.revoked_at or self._now_ms())
            return Ruling(Entries(tokens=[revoked]), revoked)

        return await self._store.decide(rule)

    @staticmethod
    def id_of(text: str) -> str | None:
        """The id that `text` claims; None: it is no token at all."""
        found = _FORM.fullmatch(text)
        return found[1] if found else None

    async def check(self, text: str) -> Token:
        """The token that `text` is, while it is good. Raises Wrong (`access.invalid`), which does
        not say why: whoever holds a wrong one learns nothing."""
        found = _FORM.fullmatch(text)
        office = await self._store.office()
        token = office.tokens.get(found[1]) if found else None
        right = hmac.compare_digest(
            token.digest if token else bytes(32), _digest(found[2] if found else "")
        )
        now = self._now_ms()
        if token is None or not right or token.revoked_at is not None or now >= token.ends_at:
            raise Wrong("unknown, revoked or over", code="access.invalid")
        if now - (token.used_at or 0) > _NOTE_USE_MS:
            await self._note(token.id, now)
        return token

    async def _note(self, token_id: str, now: int) -> None:
        """When it was last used, to the minute: a token that nobody uses is one to revoke."""

        def rule(office: Office) -> Ruling[None]:
            token = office.tokens.get(token_id)
            used = [replace(token, used_at=now)] if token else []
            return Ruling(Entries(tokens=used), None)

        await self._store.decide(rule)


def need(token: Token, scope: str) -> None:
    """Raises Wrong (`access.scope`) when it was not given for that."""
    if scope not in token.scopes:
        raise Wrong(f"{scope} is needed", code="access.scope", scope=scope)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
