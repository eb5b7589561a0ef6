"""What tests of every kind may ask for."""

from collections.abc import Iterator

import pytest

from tests.processes.postgres import Server, any_server, migrated
from tests.processes.rabbitmq import rabbit_address


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server, started when the first test asks for it."""
    with any_server() as server:
        yield server


@pytest.fixture(scope="session")
def _tables(postgres: Server) -> Iterator[str]:
    with migrated(postgres) as template:
        yield template


@pytest.fixture
def database(postgres: Server, _tables: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables and no rows."""
    made = postgres.database(_tables)
    yield made
    postgres.drop(made)


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[str]:
    """The address of a broker, with its password. Whoever uses it takes names of its own."""
    with rabbit_address() as address:
        yield address
