"""Accounts: found the three officers, add, lock, reset; and what no officer may do to himself.

Whoever makes or resets an account knows its first password and code. Both are good for one thing:
to choose a password, and be given a secret, that nobody else knows.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contracts.errors import Wrong
from gateway.officers import one_time_code, passwords
from gateway.officers.chain import Deed
from gateway.officers.duties import OFFICERS, Duty
from gateway.officers.port import Entries, Office, OfficerStore, Ruling
from gateway.officers.records import Account, Use
from gateway.officers.safe import Safe
from gateway.officers.sign_in import SignIn

RECOVERY = "recovery"
"""The account of the envelope: its password is the code in there."""

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_FIRST_BYTES, _RECOVERY_BYTES = 10, 20


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an officer is handed once. It stands nowhere but on the terminal."""

    name: str
    duty: Duty
    password: str
    code_secret: bytes

    def __repr__(self) -> str:
        return f"Enrolment({self.name!r}, {self.duty.value})"


@dataclass(frozen=True, slots=True)
class Founded:
    """The three, and the code that goes into an envelope, into the safe."""

    officers: Sequence[Enrolment]
    recovery: str
    first: Use

    def __repr__(self) -> str:
        return f"Founded({self.officers!r})"


class Accounts:
    """Use cases about accounts. The caller has made sure who may."""

    def __init__(self, store: OfficerStore, safe: Safe, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._safe = safe
        self._now_ms = now_ms

    async def found(self, names: dict[Duty, str]) -> Founded:
        """Make the three at once. Raises Wrong (`officer.founded`, `officer.name`)."""
        if len({*names.values()}) != len(OFFICERS):
            raise Wrong("three officers are three names", code="officer.name")
        made = [await self._made(_checked(names[duty]), duty) for duty in OFFICERS]
        recovery = _grouped(_RECOVERY_BYTES)
        envelope = Account(RECOVERY, Duty.RECOVERY, self._now_ms(), _digest(recovery))

        def rule(office: Office) -> Ruling[None]:
            if office.accounts:
                raise Wrong("this member has officers already", code="officer.founded")
            deeds = [Deed("?", "", "officer found", a.name, "allowed") for a, _ in made]
            return Ruling(Entries(accounts=[*(a for a, _ in made), envelope], deeds=deeds), None)

        await self._store.decide(rule)
        [first] = await self._store.uses(0, 1)
        return Founded([enrolment for _, enrolment in made], recovery, first)

    async def add(self, name: str, duty: Duty) -> Enrolment:
        """One more of a duty. Raises Wrong (`officer.name`)."""
        account, enrolment = await self._made(_checked(name), duty)

        def rule(office: Office) -> Ruling[None]:
            if name in office.accounts:
                raise Wrong("there is such an account", code="officer.name", value=name)
            return Ruling(Entries(accounts=[account]), None)

        await self._store.decide(rule)
        return enrolment

    async def lock(self, name: str, by: str | None) -> None:
        """Nobody signs in with it, and its sessions end. Raises Wrong."""

        def rule(office: Office) -> Ruling[None]:
            account = _others(office, name, by)
            entries = Entries(
                accounts=[account.with_(locked_at=self._now_ms())],
                gone_sessions=_sessions(office, name),
            )
            return Ruling(entries, None)

        await self._store.decide(rule)

    async def unlock(self, name: str, by: str | None) -> None:
        """The same password and secret are good again, at once. Raises Wrong."""

        def rule(office: Office) -> Ruling[None]:
            account = _others(office, name, by)
            return Ruling(
                Entries(accounts=[account.with_(locked_at=None, failures=0, waits_until=0)]), None
            )

        await self._store.decide(rule)

    async def remove(self, name: str, by: str | None) -> None:
        """For good; what it did stays in the log. Raises Wrong."""

        def rule(office: Office) -> Ruling[None]:
            account = _others(office, name, by)
            gone = Entries(gone_accounts=[account.name], gone_sessions=_sessions(office, name))
            return Ruling(gone, None)

        await self._store.decide(rule)

    async def reset(self, name: str, by: str | None) -> Enrolment:
        """A new first password and secret; the duty stays. Raises Wrong."""
        found = _others(await self._store.office(), name, by)
        if found.subject is not None:
            raise Wrong("it signs in at the city's provider", code="officer.name", value=name)
        made, enrolment = await self._made(name, found.duty)

        def rule(office: Office) -> Ruling[None]:
            _others(office, name, by)
            return Ruling(Entries(accounts=[made], gone_sessions=_sessions(office, name)), None)

        await self._store.decide(rule)
        return enrolment

    async def recover(self, name: str, recovery: str) -> tuple[Enrolment, str]:
        """Reset an account with the code of the envelope, which is used up by it; the code for
        the next envelope. Raises Wrong (`officer.sign_in`, `officer.name`)."""
        given = _digest(re.sub(r"[^0-9A-Z]", "", recovery.upper()))
        office = await self._store.office()
        found = office.accounts.get(name)
        made, enrolment = await self._made(name, found.duty if found else Duty.SECURITY)
        fresh = _grouped(_RECOVERY_BYTES)

        def rule(office: Office) -> Ruling[bool]:
            envelope, account = office.accounts.get(RECOVERY), office.accounts.get(name)
            same = envelope is not None and hmac.compare_digest(envelope.password or "", given)
            if not same or envelope is None or account is None or account.duty is not made.duty:
                deed = Deed("?", "", "officer recover", name, "refused")
                return Ruling(Entries(deeds=[deed]), False)
            if account.duty is Duty.RECOVERY or account.subject is not None:
                raise Wrong("it has no password here", code="officer.name", value=name)
            entries = Entries(
                accounts=[made, envelope.with_(password=_digest(fresh))],
                gone_sessions=_sessions(office, name),
                deeds=[Deed(RECOVERY, Duty.RECOVERY, "officer recover", name, "allowed")],
            )
            return Ruling(entries, True)

        if not await self._store.decide(rule):
            raise Wrong("account or recovery code", code="officer.sign_in")
        return enrolment, fresh

    async def choose_password(
        self, sign_in: SignIn, name: str, old: str, code: str, new: str, known: tuple[str, ...]
    ) -> Enrolment | None:
        """An officer's own. With the first one goes the secret that somebody else has seen: the
        new one is returned. Raises Wrong (`officer.sign_in`, `officer.password`)."""
        await sign_in.prove(name, old, code, "officer password")
        await asyncio.to_thread(passwords.check_new, new, known=(name, *known))
        encoded = await asyncio.to_thread(passwords.hashed, new)
        secret = one_time_code.new_secret()
        locked = await asyncio.to_thread(self._safe.lock, secret, name)

        def rule(office: Office) -> Ruling[Enrolment | None]:
            account = office.accounts[name]
            changed = account.with_(password=encoded, must_change=False)
            if account.must_change:
                changed = changed.with_(code_secret=locked, code_used=0)
            entries = Entries(accounts=[changed], gone_sessions=_sessions(office, name))
            enrolment = Enrolment(name, account.duty, "", secret)
            return Ruling(entries, enrolment if account.must_change else None)

        return await self._store.decide(rule)

    async def _made(self, name: str, duty: Duty) -> tuple[Account, Enrolment]:
        password, secret = _grouped(_FIRST_BYTES), one_time_code.new_secret()
        encoded = await asyncio.to_thread(passwords.hashed, password)
        locked = await asyncio.to_thread(self._safe.lock, secret, name)
        account = Account(name, duty, self._now_ms(), encoded, locked, must_change=True)
        return account, Enrolment(name, duty, password, secret)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or name == RECOVERY:
        raise Wrong(
            "2 to 32 of a-z 0-9 . _ -, a letter first", code="officer.name", value=ascii(name)[:40]
        )
    return name


def _others(office: Office, name: str, by: str | None) -> Account:
    """An account that `by` may act upon: anybody's but his own. `by` None: no officers yet."""
    account = office.accounts.get(name)
    if account is None or account.duty is Duty.RECOVERY:
        raise Wrong("there is no such account", code="not_found", value=ascii(name)[:40])
    if name == by:
        raise Wrong(
            "nobody changes his own account; another security administrator does",
            code="officer.own",
        )
    return account


def _sessions(office: Office, name: str) -> list[str]:
    return [s.id for s in office.sessions.values() if s.account == name]


def _grouped(size: int) -> str:
    """Random bytes as people copy them from paper: capitals and digits in fours."""
    text = one_time_code.base32(secrets.token_bytes(size))
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _digest(recovery: str) -> str:
    """No Argon2: 160 random bits cannot be guessed."""
    return hashlib.sha256(recovery.replace("-", "").encode()).hexdigest()
