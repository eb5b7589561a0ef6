"""Sign in: a name, a password and a one-time code become a session.

Whatever was wrong, the answer is the same and takes as long: nobody learns which names there
are, which half was right, or that an account waits. Only the log knows.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from contracts.errors import Wrong
from gateway.officers import one_time_code, passwords
from gateway.officers.chain import Deed
from gateway.officers.port import Entries, Office, OfficerStore, Ruling
from gateway.officers.records import Account, Session
from gateway.officers.safe import Safe
from gateway.officers.waiting import wait_ms

ACT = "sign-in"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a session lives: without use, and at most. Milliseconds."""

    idle_ms: int = 15 * 60_000
    whole_ms: int = 8 * 3_600_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`secret` is shown to nobody but the session file."""

    secret: str
    account: Account
    session: Session

    def __repr__(self) -> str:
        return f"SignedIn({self.account!r})"


def session_id(secret: str) -> str:
    """What the store knows a session by. No salt: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_session(account: Account, pace: Pace, now: int) -> SignedIn:
    secret = secrets.token_urlsafe(32)
    session = Session(session_id(secret), account.name, account.duty, now, now, now + pace.whole_ms)
    return SignedIn(secret, account, session)


def ended(office: Office, pace: Pace, now: int) -> list[str]:
    """Sessions that nobody can use any more."""
    return [s.id for s in office.sessions.values() if not alive(s, pace, now)]


def alive(session: Session, pace: Pace, now: int) -> bool:
    return session.seen_at <= now + 60_000 and now < min(
        session.ends_at, session.seen_at + pace.idle_ms
    )


class SignIn:
    """Use case: sign in with a local account."""

    def __init__(
        self, store: OfficerStore, safe: Safe, pace: Pace, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._safe = safe
        self._pace = pace
        self._now_ms = now_ms

    async def __call__(self, name: str, password: str, code: str) -> SignedIn:
        """Raises Wrong (`officer.sign_in`, `officer.must_change`); what was wrong is in the log
        alone."""
        signed = await self.prove(name, password, code, ACT, session=True)
        if signed is None:
            raise Wrong("set a password of your own first", code="officer.must_change")
        return signed

    async def prove(
        self, name: str, password: str, code: str, act: str, *, session: bool = False
    ) -> SignedIn | None:
        """Check all three, note success or failure, and make a session where one is wanted.

        None: the account has to choose a password first, and its code is not used up.
        Raises Wrong (`officer.sign_in`).
        """
        seen = (await self._store.office()).accounts.get(name)
        before = seen.password if seen else None
        right = await asyncio.to_thread(passwords.holds, before, password)
        secret = await asyncio.to_thread(self._secret, seen)

        def rule(office: Office) -> Ruling[SignedIn | Account | None]:
            now, account = self._now_ms(), office.accounts.get(name)
            step = one_time_code.accepted_step(
                secret, code, now, account.code_used if account else 0
            )
            if account is None:
                return Ruling(Entries(deeds=[Deed("?", "", act, "", "refused")]), None)
            good = right and step is not None and account.password == before
            if account.locked_at is not None or now < account.waits_until or not good:
                return _failed(account, act, now)
            if session and account.must_change:
                return Ruling(Entries(), account)
            return self._succeeded(office, account.with_(code_used=step), act, session=session)

        answer = await self._store.decide(rule)
        if answer is None:
            raise Wrong("name, password or code", code="officer.sign_in")
        return answer if isinstance(answer, SignedIn) else None

    def _secret(self, account: Account | None) -> bytes:
        """Of the one-time codes; as long for an account that does not exist."""
        if account is None or account.code_secret is None:
            self._safe.lock(b"", "")
            return secrets.token_bytes(20)
        return self._safe.open(account.code_secret, account.name)

    def _succeeded(
        self, office: Office, account: Account, act: str, *, session: bool
    ) -> Ruling[SignedIn | Account | None]:
        now = self._now_ms()
        account = account.with_(failures=0, waits_until=0)
        signed = new_session(account, self._pace, now)
        entries = Entries(
            accounts=[account],
            sessions=[signed.session] if session else [],
            gone_sessions=ended(office, self._pace, now),
            deeds=[Deed(account.name, account.duty, act, "", "allowed")],
        )
        return Ruling(entries, signed)


def _failed(account: Account, act: str, now: int) -> Ruling[SignedIn | Account | None]:
    """What comes while it waits counts as well, but does not make it wait longer."""
    if now >= account.waits_until:
        failures = account.failures + 1
        account = account.with_(failures=failures, waits_until=now + wait_ms(failures))
    deed = Deed(account.name, account.duty, act, "", "refused")
    return Ruling(Entries(accounts=[account], deeds=[deed]), None)
