"""Bring a database to the newest schema. Safe when several processes start at once."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from gateway.stores.schema import REVISION

_FOLDER = Path(__file__).with_name("migrations")


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Run what is missing, in one transaction; do nothing when nothing is."""
    with engine.connect() as connection, connection.begin():
        if _revision(connection) != REVISION:
            _upgrade(connection, to)


def _revision(connection: Connection) -> str | None:
    """Which migration the database is at; None: it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, to: str) -> None:
    # Loading Alembic takes longer than most commands: only where there is work for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
