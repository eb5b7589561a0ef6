"""Bring a database to the newest schema. Safe when several processes start at once.

Migrations only add, so that a process of the release before goes on while, and after, one of
the next brings the schema forward; and so that it may be started again until it is replaced.
"""

import logging
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from gateway.stores.schema import REVISION

_LOG = logging.getLogger("tongban.store")
_FOLDER = Path(__file__).with_name("migrations")


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Run what is missing, in one transaction; do nothing when nothing is."""
    with engine.connect() as connection, connection.begin():
        if (found := _revision(connection)) != REVISION:
            _upgrade(connection, found, to)


def _revision(connection: Connection) -> str | None:
    """Which migration the database is at; None: it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, found: str | None, to: str) -> None:
    # Loading Alembic takes longer than most commands: only where there is work for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        _LOG.warning("the database is of a newer release (schema %s)", found)
        return
    config.attributes["connection"] = connection
    command.upgrade(config, to)
