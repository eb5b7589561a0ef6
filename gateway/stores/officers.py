"""The officers in SQL: a handful of accounts, sessions and tokens, and the log of uses.

A rule sees all rows but the log's, of which it sees the head. Its transaction holds off every
other writer, as those of `Store.apply` do, so the chain never forks.
"""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Table, delete, func, select
from sqlalchemy import insert as plain_insert

from gateway.officers.chain import Head, enter
from gateway.officers.duties import Duty
from gateway.officers.port import Entries, Office, Ruling
from gateway.officers.records import Account, Session, Token, Use
from gateway.officers.sign_in import ACT
from gateway.stores.schema import API_TOKEN, OFFICER, OFFICER_SESSION, OFFICER_USE

T = TypeVar("T")


class _Run(Protocol):
    def __call__(self, work: Callable[[Connection], T], /) -> Awaitable[T]: ...


class SqlOfficers:
    """An `OfficerStore` in the tables of a store."""

    def __init__(
        self, *, write: _Run, read: _Run, insert: Callable[[Table], Any], now: Callable[[], int]
    ) -> None:
        """`write` and `read` run work in a transaction of the store; `insert` is the dialect's
        own; `now`: Unix milliseconds."""
        self._write = write
        self._read = read
        self._insert = insert
        self._now = now

    async def decide(self, rule: Callable[[Office], Ruling[T]]) -> T:
        def work(connection: Connection) -> T:
            office = _office(connection)
            ruling = rule(office)
            self._enter(connection, office.head, ruling.entries)
            return ruling.answer

        return await self._write(work)

    async def office(self) -> Office:
        return await self._read(_office)

    async def uses(self, after: int, limit: int) -> list[Use]:
        query = (
            select(OFFICER_USE)
            .where(OFFICER_USE.c.number > after)
            .order_by(OFFICER_USE.c.number)
            .limit(limit)
        )
        return await self._read(lambda connection: [Use(*row) for row in connection.execute(query)])

    async def sign_ins(self) -> dict[str, int]:
        query = (
            select(OFFICER_USE.c.outcome, func.count())
            .where(OFFICER_USE.c.act == ACT)
            .group_by(OFFICER_USE.c.outcome)
        )
        return await self._read(
            lambda connection: {row[0]: row[1] for row in connection.execute(query)}
        )

    def _enter(self, connection: Connection, head: Head, entries: Entries) -> None:
        for name in entries.gone_accounts:
            connection.execute(delete(OFFICER).where(OFFICER.c.name == name))
        for session in entries.gone_sessions:
            connection.execute(delete(OFFICER_SESSION).where(OFFICER_SESSION.c.id == session))
        for account in entries.accounts:
            self._put(connection, OFFICER, "name", account)
        for each in entries.sessions:
            self._put(connection, OFFICER_SESSION, "id", each)
        for token in entries.tokens:
            self._put(connection, API_TOKEN, "id", token, scopes=" ".join(token.scopes))
        if not entries.deeds:
            return
        now = max(self._now(), _last_at(connection))
        for deed in entries.deeds:
            use = enter(head, deed, now)
            connection.execute(plain_insert(OFFICER_USE).values(**_values(use)))
            head = Head(use.number, use.digest)

    def _put(
        self, connection: Connection, table: Table, key: str, record: object, **instead: object
    ) -> None:
        values = {**_values(record), **instead}
        row = self._insert(table).values(**values)
        connection.execute(
            row.on_conflict_do_update(
                index_elements=[key], set_={k: v for k, v in values.items() if k != key}
            )
        )


def _values(record: object) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}  # type: ignore[arg-type]


def _office(connection: Connection) -> Office:
    accounts = [_account(row) for row in connection.execute(select(OFFICER))]
    sessions = [_session(row) for row in connection.execute(select(OFFICER_SESSION))]
    tokens = [_token(row) for row in connection.execute(select(API_TOKEN))]
    newest = (
        select(OFFICER_USE.c.number, OFFICER_USE.c.digest)
        .order_by(OFFICER_USE.c.number.desc())
        .limit(1)
    )
    head = connection.execute(newest).first()
    return Office(
        {account.name: account for account in accounts},
        {session.id: session for session in sessions},
        {token.id: token for token in tokens},
        Head(*head) if head else Head(),
    )


def _last_at(connection: Connection) -> int:
    newest = select(OFFICER_USE.c.at).order_by(OFFICER_USE.c.number.desc()).limit(1)
    return connection.execute(newest).scalar_one_or_none() or 0


def _account(row: Any) -> Account:
    return Account(**{**row._mapping, "duty": Duty(row.duty)})


def _session(row: Any) -> Session:
    return Session(**{**row._mapping, "duty": Duty(row.duty)})


def _token(row: Any) -> Token:
    return Token(**{**row._mapping, "scopes": tuple(row.scopes.split())})
