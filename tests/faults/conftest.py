"""One gateway under attack for each file that asks for it."""

from collections.abc import Iterator

import pytest

from tests.processes.under_attack import UnderAttack, under_attack


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnderAttack]:
    with under_attack(tmp_path_factory.mktemp("attack")) as attack:
        yield attack
