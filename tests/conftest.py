"""What tests of every kind may ask for."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.processes.postgres import Server, any_server, migrated
from tests.processes.rabbitmq import rabbit_address

# A busy machine is slow, and that is no failure.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


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
def new_database(postgres: Server, _tables: str) -> Iterator[Callable[[], str]]:
    """Makes PostgreSQL databases with all tables and no rows, and gives their URLs."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres.database(_tables))
        return made[-1]

    yield make
    for database in made:
        postgres.drop(database)


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The URL of one such database."""
    return new_database()


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[str]:
    """The address of a broker, with its password. Whoever uses it takes names of its own."""
    with rabbit_address() as address:
        yield address
