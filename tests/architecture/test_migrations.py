"""The migrations build exactly the tables that the code speaks of."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from gateway.stores.migrate import migrate
from gateway.stores.schema import METADATA


def test_the_migrated_database_is_the_schema(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    migrate(engine)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_what_a_comparison_of_tables_does_not_see_is_the_same_too(tmp_path: Path) -> None:
    """Partial indexes and AUTOINCREMENT: the text that SQLite keeps of each."""
    migrated = create_engine(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    created = create_engine(f"sqlite:///{tmp_path / 'created.sqlite'}")
    migrate(migrated)
    METADATA.create_all(created)
    kept = []
    for engine in (migrated, created):
        tables = set(inspect(engine).get_table_names()) - {"alembic_version"}
        assert tables == set(METADATA.tables)
        with engine.connect() as connection:
            rows = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
            )
            counted = {row.name for row in rows}
            rows = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
            )
            indexes = {row.name: " ".join(row.sql.split()) for row in rows}
        kept.append((counted, indexes))
        engine.dispose()
    assert kept[0] == kept[1]
    assert any("WHERE" in sql for sql in kept[0][1].values())


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 's.sqlite'}")
    migrate(engine)
    with engine.connect() as connection:
        before = connection.execute(text("PRAGMA schema_version")).scalar_one()
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA schema_version")).scalar_one() == before
    engine.dispose()
