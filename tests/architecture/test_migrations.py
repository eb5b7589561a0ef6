"""The migrations build exactly the tables that the code speaks of."""

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert, inspect, select, text

from gateway.stores.migrate import migrate
from gateway.stores.postgres import connect
from gateway.stores.schema import MESSAGE, METADATA, PART, REVISION
from tests.architecture.reflecting import reflecting
from tests.processes.postgres import Server


def test_the_migrated_database_is_the_schema(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    migrate(engine)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == REVISION
    engine.dispose()


def test_the_migrated_database_on_a_server_is_the_schema(postgres: Server) -> None:
    empty = postgres.database()
    ours, engine = connect(empty), reflecting(empty)
    migrate(ours)
    ours.dispose()
    with engine.connect() as connection:
        options: dict[str, Any] = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "table" or not name.startswith("part_"),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
    postgres.drop(empty)


def test_parts_from_before_the_months_take_the_time_of_their_message(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 's.sqlite'}")
    migrate(engine, to="0001")
    values = {"id": "m1", "sender": "410100", "receiver": "440100", "direction": "out"}
    values |= {"case_id": "c", "kind": "k", "state": "queued"}
    with engine.begin() as connection:
        connection.execute(
            insert(MESSAGE).values(
                **values, sequence=1, envelope=b"", digest=b"", recorded_at=7_000, expires_at=1
            )
        )
        connection.execute(
            text(
                "INSERT INTO part (message_id, sender, position, name, media_type, sealed)"
                " VALUES ('m1', '410100', 0, 'body', 'text/plain', 'sealed')"
            )
        )
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(select(PART.c.recorded_at)).scalars().all() == [7_000]
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
