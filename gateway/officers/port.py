"""The port through which accounts, sessions, tokens and the log of uses are kept.

Part of the member's store: the same file, the same database. `tests/ports/gateway` holds the
suite that every implementation passes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from gateway.officers.chain import Deed, Head
from gateway.officers.records import Account, Session, Token, Use

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Office:
    """All accounts, sessions and tokens, and the head of the log, as of one moment. A city has
    a handful of each; sessions that ended are taken out by whoever signs in next."""

    accounts: dict[str, Account] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    head: Head = field(default_factory=Head)

    def account_of(self, subject: str) -> Account | None:
        """Whoever signs in at the provider under that name."""
        return next((a for a in self.accounts.values() if a.subject == subject), None)


@dataclass(slots=True)
class Entries:
    """What is to be written: whole records, by their keys, and what the log says of it."""

    accounts: list[Account] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    gone_accounts: list[str] = field(default_factory=list)
    gone_sessions: list[str] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ruling(Generic[T]):
    """What a rule decided: what to write, and what to tell its caller."""

    entries: Entries
    answer: T


class OfficerStore(Protocol):
    """Keeps the officers. Raises StoreUnavailable from every method, as `Store` does."""

    async def decide(self, rule: Callable[[Office], Ruling[T]]) -> T:
        """One transaction: show `rule` everything, write what it decides, commit.

        Nobody else writes in between. `rule` is pure and may be called again; what it raises
        passes through, and nothing is kept. Each deed becomes the next entry of the log, at
        the time of the store's clock, never before the entry before it.
        """

    async def office(self) -> Office:
        """Everything but the log, as of now."""

    async def uses(self, after: int, limit: int) -> list[Use]:
        """The next entries of the log beyond number `after`, in order."""

    async def sign_ins(self) -> dict[str, int]:
        """How many sign-ins the log holds, by outcome."""
