"""What a connector owes: every document once, whole, under one key; nothing overwritten."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from adapters.adapter import Document
from contracts.errors import StoreUnavailable
from contracts.limits import BATCH_BYTES
from gateway.connectors.folder import FolderConnector
from gateway.ports import Connector, Notice
from gateway.simulation.front_end import MemoryConnector

NOTICE = Notice("document.invalid", "单据无效", "invalid", "改正", "mend it", "𠮷", message_id="m1")


@pytest.fixture
def folder(tmp_path: Path) -> FolderConnector:
    return FolderConnector(tmp_path)


@pytest.fixture(params=["folder", "memory"])
def city(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Connector, object]:
    """A connector, and the way in which its city offers a document."""
    if request.param == "memory":
        memory = MemoryConnector()
        return memory, memory.offer
    connector = FolderConnector(tmp_path)
    return connector, lambda name, data: (tmp_path / "in" / name).write_bytes(data)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_document_arrives_until_it_is_accepted(city: tuple[Connector, object]) -> None:
    connector, offer = city
    assert await connector.arrivals(wait=0.0) == []
    offer("办件.xml", b"\x00data")  # type: ignore[operator]
    (arrival,) = await connector.arrivals(wait=0.0)
    assert arrival.document.data == b"\x00data"
    (again,) = await connector.arrivals(wait=0.0)
    assert again.key == arrival.key, "after a crash it comes again under the same key"
    await connector.accept(arrival)
    assert await connector.arrivals(wait=0.0) == []


async def test_a_rejected_document_does_not_come_again(city: tuple[Connector, object]) -> None:
    connector, offer = city
    offer("bad.xml", b"data")  # type: ignore[operator]
    (arrival,) = await connector.arrivals(wait=0.0)
    await connector.reject(arrival, NOTICE)
    assert await connector.arrivals(wait=0.0) == []


async def test_accepting_twice_is_accepting_once(city: tuple[Connector, object]) -> None:
    connector, offer = city
    offer("a.xml", b"data")  # type: ignore[operator]
    (arrival,) = await connector.arrivals(wait=0.0)
    await connector.accept(arrival)
    await connector.accept(arrival)


async def test_documents_come_in_the_order_of_their_names_under_keys_of_their_own(
    folder: FolderConnector, tmp_path: Path
) -> None:
    for name, data in [("b", b"same"), ("a", b"same"), ("c", b"other")]:
        (tmp_path / "in" / name).write_bytes(data)
    found = await folder.arrivals(wait=0.0)
    assert [arrival.document.name for arrival in found] == ["a", "b", "c"]
    assert len({arrival.key for arrival in found}) == 3


async def test_the_same_name_with_new_content_is_a_new_document(
    folder: FolderConnector, tmp_path: Path
) -> None:
    (tmp_path / "in" / "a").write_bytes(b"one")
    (first,) = await folder.arrivals(wait=0.0)
    await folder.accept(first)
    (tmp_path / "in" / "a").write_bytes(b"two")
    (second,) = await folder.arrivals(wait=0.0)
    assert second.key != first.key
    await folder.accept(second)
    kept = {path.read_bytes() for path in (tmp_path / "accepted").iterdir()}
    assert kept == {b"one", b"two"}, "the older one was not overwritten"


async def test_a_rejected_document_lies_beside_its_reason(
    folder: FolderConnector, tmp_path: Path
) -> None:
    (tmp_path / "in" / "坏.xml").write_bytes(b"bad")
    (arrival,) = await folder.arrivals(wait=0.0)
    await folder.reject(arrival, NOTICE)
    assert (tmp_path / "rejected" / "坏.xml").read_bytes() == b"bad"
    reason = json.loads((tmp_path / "rejected" / "坏.xml.reason.json").read_bytes())
    assert (reason["code"], reason["zh"], reason["detail"]) == (
        "document.invalid",
        "单据无效",
        "𠮷",
    )


async def test_what_is_not_a_whole_document_is_left_alone(
    folder: FolderConnector, tmp_path: Path
) -> None:
    inside = tmp_path / "in"
    (inside / ".half-written").write_bytes(b"ha")
    (inside / "folder").mkdir()
    (inside / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_bytes(b"of somebody else")
    os.mkfifo(inside / "pipe")
    assert await folder.arrivals(wait=0.0) == []
    assert names(inside) == {".half-written", "folder", "link", "pipe"}


async def test_whatever_lies_about_does_not_keep_documents_out(
    folder: FolderConnector, tmp_path: Path
) -> None:
    for number in range(300):
        (tmp_path / "in" / f".half-{number}").write_bytes(b"")
    (tmp_path / "in" / "whole").write_bytes(b"data")
    assert [each.document.name for each in await folder.arrivals(wait=0.0)] == ["whole"]


async def test_a_document_that_cannot_be_read_keeps_no_other_out(
    folder: FolderConnector,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The city's system wrote it under another user's rights."""
    for name in ("a", "closed", "z"):
        (tmp_path / "in" / name).write_bytes(b"data")
    opened = Path.open

    def refusing(path: Path, *given: Any, **named: Any) -> Any:
        if path.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refusing)
        for _ in range(3):
            found = await folder.arrivals(wait=0.0)
            assert [each.document.name for each in found] == ["a", "z"]
    assert [record.getMessage() for record in caplog.records] == [
        "document 'closed' cannot be read: Permission denied"
    ], "once, not at every look"
    found = await folder.arrivals(wait=0.0)
    assert [each.document.name for each in found] == ["a", "closed", "z"]


async def test_a_folder_that_is_gone_is_an_error(folder: FolderConnector, tmp_path: Path) -> None:
    (tmp_path / "in").rmdir()
    with pytest.raises(StoreUnavailable):
        await folder.arrivals(wait=0.0)


async def test_a_name_that_is_no_unicode_is_a_name(folder: FolderConnector, tmp_path: Path) -> None:
    """A share that is filled by an old system: the bytes of a name in GBK."""
    (tmp_path / "in" / os.fsdecode("办件".encode("gbk"))).write_bytes(b"data")
    (arrival,) = await folder.arrivals(wait=0.0)
    assert arrival.key.encode(), "the key goes into a database"
    assert arrival.document.name.encode()
    await folder.reject(arrival, NOTICE)
    assert await folder.arrivals(wait=0.0) == []
    assert len(names(tmp_path / "rejected")) == 2


async def test_the_longest_name_there_is_can_be_rejected_twice(
    folder: FolderConnector, tmp_path: Path
) -> None:
    name = "件" * 85
    assert len(name.encode()) == 255
    for data in (b"one", b"two"):
        (tmp_path / "in" / name).write_bytes(data)
        (arrival,) = await folder.arrivals(wait=0.0)
        await folder.reject(arrival, NOTICE)
        assert await folder.arrivals(wait=0.0) == []
    kept = [path for path in (tmp_path / "rejected").iterdir() if path.suffix != ".json"]
    assert {path.read_bytes() for path in kept} == {b"one", b"two"}
    assert len(names(tmp_path / "rejected")) == 4


async def test_a_document_that_is_too_large_is_not_read_in_part(
    folder: FolderConnector, tmp_path: Path
) -> None:
    """Half of a document may be a good document that says something else."""
    with (tmp_path / "in" / "large").open("wb") as file:
        file.write(b"first line\n")
        file.truncate(BATCH_BYTES + 2)
    found = await folder.arrivals(wait=0.0)
    assert found == []
    assert names(tmp_path / "rejected") == {"large", "large.reason.json"}


async def test_handing_over_twice_has_the_same_effect(
    folder: FolderConnector, tmp_path: Path
) -> None:
    documents = [Document("办件/../x.xml", "text/xml", b"one"), Document("b", "text/xml", b"two")]
    for _ in range(2):
        await folder.hand_over("m1", documents)
    found = sorted((tmp_path / "out").iterdir())
    assert [path.read_bytes() for path in found] == [b"one", b"two"]
    assert all(path.name.startswith("m1-") for path in found), "nothing is half-written"


async def test_handing_over_in_memory_twice_has_the_same_effect() -> None:
    memory = MemoryConnector()
    for _ in range(2):
        await memory.hand_over("m1", [Document("a", "text/xml", b"one")])
    assert memory.handed_over == {"m1": [Document("a", "text/xml", b"one")]}


async def test_a_notice_can_be_read(folder: FolderConnector, tmp_path: Path) -> None:
    await folder.notify(NOTICE)
    (path,) = (tmp_path / "notices").iterdir()
    assert path.name == "m1-document.invalid.json"
    assert json.loads(path.read_bytes())["remedy_zh"] == "改正"
