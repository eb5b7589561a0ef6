"""Sign in with an identity of the city's provider: the claims say which officer somebody is.

The first time an account is made, so that the log has a name for it, a security administrator can
lock it, and its duty stays: whoever was one officer does not come back as another.
"""

import hashlib
import re
from collections.abc import Callable

from contracts.errors import Wrong
from gateway.officers.chain import Deed
from gateway.officers.oidc import Identity
from gateway.officers.port import Entries, Office, OfficerStore, Ruling
from gateway.officers.records import Account
from gateway.officers.sign_in import ACT, Pace, SignedIn, ended, new_session

_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


class SignInOidc:
    """Use case: a session for whom the provider vouched."""

    def __init__(self, store: OfficerStore, pace: Pace, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._pace = pace
        self._now_ms = now_ms

    async def __call__(self, who: Identity) -> SignedIn:
        """Raises Wrong: `officer.none` before the officers were founded, `officer.two_duties`
        when the account has another duty, `officer.sign_in` when it is locked."""

        def rule(office: Office) -> Ruling[SignedIn | str]:
            now = self._now_ms()
            if not office.accounts:
                return Ruling(Entries(), "officer.none")
            account = office.account_of(who.subject)
            if account is None:
                account = Account(_name(office, who), who.duty, now, subject=who.subject)
            refused = _refused(account, who)
            if refused is not None:
                deed = Deed(account.name, account.duty, ACT, "", "refused")
                return Ruling(Entries(deeds=[deed]), refused)
            signed = new_session(account, self._pace, now)
            entries = Entries(
                accounts=[account],
                sessions=[signed.session],
                gone_sessions=ended(office, self._pace, now),
                deeds=[Deed(account.name, account.duty, ACT, "oidc", "allowed")],
            )
            return Ruling(entries, signed)

        answer = await self._store.decide(rule)
        if isinstance(answer, str):
            raise Wrong("the account of this person", code=answer)
        return answer


def _refused(account: Account, who: Identity) -> str | None:
    if account.locked_at is not None:
        return "officer.sign_in"
    return "officer.two_duties" if account.duty is not who.duty else None


def _name(office: Office, who: Identity) -> str:
    """That of the provider where it can be one here and nobody has it; else one made of the
    subject. An account here is never taken over by a name there."""
    if _NAME.fullmatch(who.name) and who.name not in office.accounts:
        return who.name
    return f"oidc-{hashlib.sha256(who.subject.encode()).hexdigest()[:12]}"
