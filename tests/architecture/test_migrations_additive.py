"""Migrations only add: a process of the release before must be able to go on, see CONTRIBUTING.

Every migration after 0002 is run on a database of the schema before it, and what was there
must still be there, and must still take the rows that the release before writes.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect

from gateway.stores.migrate import migrate
from tests.architecture.reflecting import reflecting
from tests.processes.postgres import Server

FIRST = "0002"  # no release knew PostgreSQL before
_MIGRATIONS = Path(__file__).parents[2] / "gateway" / "stores" / "migrations"


@dataclass(frozen=True)
class Shape:
    """A table as a writer meets it. `demands`: what a row must be or have."""

    columns: dict[str, str]  # name and type
    needed: frozenset[str]  # that have neither a default nor may be null
    demands: frozenset[str] = frozenset()  # unique keys, foreign keys, checks


def shapes(engine: Engine) -> dict[str, Shape]:
    seen = inspect(engine)
    found = {}
    for table in seen.get_table_names():
        columns = seen.get_columns(table)
        key = seen.get_pk_constraint(table)["constrained_columns"]
        demands = {f"key {key}"}
        demands |= {f"unique {i['column_names']}" for i in seen.get_indexes(table) if i["unique"]}
        demands |= {f"unique {u['column_names']}" for u in seen.get_unique_constraints(table)}
        demands |= {f"foreign {f['constrained_columns']}" for f in seen.get_foreign_keys(table)}
        demands |= {f"check {c['sqltext']}" for c in seen.get_check_constraints(table)}
        found[table] = Shape(
            {column["name"]: str(column["type"]) for column in columns},
            frozenset(
                column["name"]
                for column in columns
                if not column["nullable"]
                and column["default"] is None
                and column["name"] not in key
            ),
            frozenset(demands),
        )
    return found


def not_added(before: dict[str, Shape], after: dict[str, Shape]) -> list[str]:
    """What is more than an addition."""
    found = []
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            found.append(f"table {name} is gone")
            continue
        found += [
            f"{name}.{column} is gone or no longer {kind}"
            for column, kind in old.columns.items()
            if new.columns.get(column) != kind
        ]
        found += [f"{name}.{column} is needed" for column in sorted(new.needed - old.needed)]
        found += [f"{name}: {demand} is new" for demand in sorted(new.demands - old.demands)]
    return found


def revisions() -> list[str]:
    """From the first release on, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    found = [each.revision for each in script.walk_revisions(FIRST, "heads")]
    return found[::-1]


@pytest.mark.parametrize("engine_name", ["sqlite", "postgres"])
def test_every_migration_since_the_first_release_only_adds(
    tmp_path: Path, postgres: Server, engine_name: str
) -> None:
    if engine_name == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path / 's.sqlite'}")
    else:
        engine = reflecting(postgres.database())
    migrate(engine, to=FIRST)
    before = shapes(engine)
    for revision in revisions()[1:]:
        migrate(engine, to=revision)
        after = shapes(engine)
        assert not_added(before, after) == [], f"migration {revision}"
        before = after
    engine.dispose()


TABLE = Shape({"id": "INTEGER", "text": "VARCHAR"}, frozenset({"text"}), frozenset({"key ['id']"}))


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({}, "table t is gone"),
        ({"t": replace(TABLE, columns={"id": "INTEGER"})}, "t.text is gone or no longer VARCHAR"),
        ({"t": replace(TABLE, needed=frozenset({"text", "new"}))}, "t.new is needed"),
        ({"t": replace(TABLE, demands=TABLE.demands | {"check x"})}, "t: check x is new"),
    ],
)
def test_what_is_more_than_an_addition_is_seen(after: dict[str, Shape], said: str) -> None:
    assert not_added({"t": TABLE}, {**after, "new table": TABLE}) == [said]


def test_additions_are_none() -> None:
    wider = replace(TABLE, columns={**TABLE.columns, "new": "TEXT"}, needed=frozenset())
    assert not_added({"t": TABLE}, {"t": wider, "u": TABLE}) == []
