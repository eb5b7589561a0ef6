"""Bring a database to the newest schema. Safe when several processes start at once.

Migrations only add, so that a process of the release before goes on while, and after, one of
the next brings the schema forward; and so that it may be started again until it is replaced.
"""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

_LOG = logging.getLogger("tongban.store")
_FOLDER = Path(__file__).with_name("migrations")


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Run what is missing, in one transaction; do nothing when nothing is."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    known = {each.revision for each in script.walk_revisions()}
    with engine.connect() as connection, connection.begin():
        found = MigrationContext.configure(connection).get_current_revision()
        if found == script.get_current_head():
            return
        if found is not None and found not in known:
            _LOG.warning("the database is of a newer release (schema %s)", found)
            return
        config.attributes["connection"] = connection
        command.upgrade(config, to)
