"""Doubt: whether a transaction was committed, asked when the answer to COMMIT was lost.

Each transaction of a store leaves a mark, in a row of its own that the next one overwrites.
Whoever asks takes the writers' lock first, as any transaction does: so the one in doubt, which
held it, is over, and either its mark is there or it never was.

PostgreSQL's own word on it, `pg_xact_status`, is not enough: a server that crashes forgets
numbers that it gave and had not written down, gives them again, and then tells the fate of
somebody else's transaction.
"""

import itertools
import secrets
import time

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

_PATIENCE_SECONDS = 30.0  # a server that crashed is mostly back by then
_PAUSE_SECONDS = 0.2
UNDER = "commit/"
"""How the keys of marks begin; they stand among the notes."""

_MARK = """
INSERT INTO note (key, at, text)
VALUES ($1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2)
ON CONFLICT (key) DO UPDATE SET at = excluded.at, text = excluded.text
"""
# Of stores that are gone since a day: nobody will ask for theirs.
_FORGET = """
DELETE FROM note
WHERE key LIKE 'commit/%' AND at < (extract(epoch FROM clock_timestamp()) - 86400) * 1000
"""


def forget_marks(connection: Connection) -> None:
    """Take out those of all stores: for when nobody has the database open any more."""
    connection.exec_driver_sql("DELETE FROM note WHERE key LIKE 'commit/%'")


class ByMark:
    """As `Doubt`, for one store, over an engine whose transactions take the writers' lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._key = f"{UNDER}{secrets.token_hex(16)}"
        self._numbers = itertools.count()

    def name(self, connection: Connection) -> str:
        """Its number, now in the mark that it leaves."""
        number = next(self._numbers)
        if number == 0:
            connection.exec_driver_sql(_FORGET)
        connection.exec_driver_sql(_MARK, (self._key, str(number)))
        return str(number)

    def committed(self, name: str) -> bool:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._ask(name)
            except DBAPIError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_SECONDS)

    def _ask(self, name: str) -> bool:
        with self._engine.connect() as connection, connection.begin():
            asked = connection.exec_driver_sql("SELECT text FROM note WHERE key = $1", (self._key,))
            return bool(asked.scalar() == name)
