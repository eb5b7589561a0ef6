"""The guard: whether whoever holds a session may use a command; every use is entered in the log."""

from collections.abc import Callable, Collection
from dataclasses import replace

from contracts.errors import Wrong
from gateway.officers.chain import Deed
from gateway.officers.duties import DUTY_NAMES, Duty, Rule
from gateway.officers.port import Entries, Office, OfficerStore, Ruling
from gateway.officers.records import Account, Session
from gateway.officers.sign_in import Pace, alive, session_id


class Guard:
    """Use case: let a command through, or not. Without officers everybody may do everything."""

    def __init__(self, store: OfficerStore, pace: Pace, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._pace = pace
        self._now_ms = now_ms

    async def founded(self) -> bool:
        return bool((await self._store.office()).accounts)

    async def admit(self, secret: str | None, act: str, rule: Rule, about: str) -> Account | None:
        """The account of the session, which lives on by this use; None where there are no
        officers. `secret`: what the session file holds, None without one.

        Entered in the log before anything is done. Raises Wrong: `officer.session` when nobody
        is signed in, `officer.duty` when it is the wrong officer, who is told which may.
        """
        if not await self.founded():
            return None

        def decide(office: Office) -> Ruling[tuple[Account | None, bool]]:
            now = self._now_ms()
            session = office.sessions.get(session_id(secret)) if secret else None
            account = office.accounts.get(session.account) if session else None
            if (
                session is None
                or account is None
                or account.locked_at is not None
                or account.duty is not session.duty
                or not alive(session, self._pace, now)
            ):
                deed = Deed(session.account if session else "?", "", act, about, "refused")
                return Ruling(Entries(deeds=[deed]), (None, False))
            may = account.duty in rule.may
            deed = Deed(account.name, account.duty, act, about, "allowed" if may else "refused")
            seen = [_seen(session, now)] if may else []
            return Ruling(Entries(sessions=seen, deeds=[deed]), (account, may))

        account, may = await self._store.decide(decide)
        if account is None:
            raise Wrong(f"{act} needs {_named(rule.may)}", code="officer.session")
        if not may:
            raise Wrong(
                f"{act} needs {_named(rule.may)}; {account.name} is {_named({account.duty})}",
                code="officer.duty",
            )
        return account

    async def who(self, secret: str | None) -> Account | None:
        """Whose session it is, as long as it lives; looking does not prolong it."""
        office = await self._store.office()
        session = office.sessions.get(session_id(secret)) if secret else None
        if session is None or not alive(session, self._pace, self._now_ms()):
            return None
        account = office.accounts.get(session.account)
        return account if account and account.locked_at is None else None

    async def sign_out(self, secret: str) -> bool:
        """End a session; False when there was none."""

        def decide(office: Office) -> Ruling[bool]:
            session = office.sessions.get(session_id(secret))
            if session is None:
                return Ruling(Entries(), False)
            deed = Deed(session.account, session.duty, "sign-out", "", "allowed")
            return Ruling(Entries(gone_sessions=[session.id], deeds=[deed]), True)

        return await self._store.decide(decide)


def _seen(session: Session, now: int) -> Session:
    return replace(session, seen_at=max(now, session.seen_at))


def _named(duties: Collection[Duty]) -> str:
    """`安全管理员 (security administrator)`, several of them joined."""
    names = [DUTY_NAMES[duty] for duty in DUTY_NAMES if duty in duties]
    return " / ".join(f"{zh} ({en})" for zh, en in names)
