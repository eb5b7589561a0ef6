"""Doubt: whether a transaction was committed, asked when the answer to COMMIT was lost.

PostgreSQL knows the fate of every transaction by its number. Whoever asks first takes the
writers' lock, as any transaction does: so the one in doubt, which held it, is over.
"""

import time

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

TRANSACTION = "transaction"
"""Where a connection's `info` keeps the number of its writing transaction."""

_PATIENCE_SECONDS = 30.0  # a server that crashed is mostly back by then
_PAUSE_SECONDS = 0.2


class ByNumber:
    """As `Doubt`, over an engine whose transactions take the writers' lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def name(self, connection: Connection) -> str:
        """Its number, which came with the lock."""
        return str(connection.info[TRANSACTION])

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
            asked = connection.exec_driver_sql("SELECT pg_xact_status($1::xid8)", (name,))
            return bool(asked.scalar_one() == "committed")
