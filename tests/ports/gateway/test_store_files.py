"""What is said of a file that cannot be used as a store."""

from pathlib import Path

import pytest

from contracts.errors import StoreUnavailable
from gateway.clock import SystemClock
from gateway.stores.sqlite import open_sqlite

CLOCK = SystemClock()


@pytest.mark.parametrize(
    "content", [b"this is no database at all, whatever its name may say\n" * 9]
)
async def test_a_file_that_is_no_database_is_said_to_be_none(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "s.sqlite").write_bytes(content)
    with pytest.raises(StoreUnavailable):
        open_sqlite(tmp_path / "s.sqlite", CLOCK)
    assert (tmp_path / "s.sqlite").read_bytes() == content


async def test_a_folder_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_sqlite(tmp_path / "nowhere" / "s.sqlite", CLOCK)
