"""The officers as dictionaries: what every real `OfficerStore` must amount to."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from gateway.officers.chain import Head, enter
from gateway.officers.port import Entries, Office, Ruling
from gateway.officers.records import Use
from gateway.officers.sign_in import ACT

T = TypeVar("T")


class MemoryOfficers:
    """An `OfficerStore` in memory."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._office = Office()
        self._uses: list[Use] = []

    async def decide(self, rule: Callable[[Office], Ruling[T]]) -> T:
        ruling = rule(await self.office())
        self._enter(ruling.entries)
        return ruling.answer

    async def office(self) -> Office:
        kept = self._office
        return Office(dict(kept.accounts), dict(kept.sessions), dict(kept.tokens), kept.head)

    async def uses(self, after: int, limit: int) -> list[Use]:
        return [use for use in self._uses if use.number > after][:limit]

    async def sign_ins(self) -> dict[str, int]:
        return dict(Counter(use.outcome for use in self._uses if use.act == ACT))

    def _enter(self, entries: Entries) -> None:
        kept = self._office
        for name in entries.gone_accounts:
            kept.accounts.pop(name, None)
        for session_id in entries.gone_sessions:
            kept.sessions.pop(session_id, None)
        kept.accounts.update({account.name: account for account in entries.accounts})
        kept.sessions.update({session.id: session for session in entries.sessions})
        kept.tokens.update({token.id: token for token in entries.tokens})
        for deed in entries.deeds:
            last = self._uses[-1].at if self._uses else 0
            use = enter(self._office.head, deed, max(self._now(), last))
            self._uses.append(use)
            self._office = replace(self._office, head=Head(use.number, use.digest))
