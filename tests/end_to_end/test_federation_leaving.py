"""A member leaves, over real gateways: what its partners see, and what they no longer do."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import MessageRefused
from keys.stores.file import FileKeyStore
from tests.end_to_end.command import tongban
from tests.end_to_end.typed import federation_then
from tests.processes.city import City, cities
from tests.processes.drafts import submission
from tests.processes.federation import found, start_all
from tests.processes.ledger import count
from tests.processes.office import all_settled, offices
from tests.processes.patience import until, until_then

HERE, THERE, LEAVES = "410100", "440100", "411000"
CONTACT = {"name": "李工", "telephone": "0374-1234567"}


@pytest.fixture(autouse=True)
def _quick_english(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults: Any = FileKeyStore.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "iterations", 1000)
    monkeypatch.setenv("TONGBAN_LANG", "en")


def links(city: City) -> str:
    return tongban("links", "--home", city.folder).out


async def test_a_member_leaves_and_nobody_waits_for_it(tmp_path: Path) -> None:
    with cities(tmp_path, {HERE: "sm", THERE: "intl", LEAVES: "sm"}) as (one, two, gone):
        for city in (one, two, gone):
            entry = json.loads((city.folder / "member.json").read_text())
            (city.folder / "member.json").write_text(json.dumps({**entry, "contact": CONTACT}))
        found((one, two, gone), 2)
        start_all((one, two, gone))
        async with offices((one,)) as (desk,):
            await desk.file("L-1", LEAVES)
            await all_settled(one)

            gone.kill()
            await desk.file("L-2", LEAVES)
            await until_then(lambda: "中断" in links(one), "the link fails")
            assert "联系 李工 0374-1234567" in links(one)
            doctor = tongban("doctor", "--home", one.folder)
            assert "联系 李工 0374-1234567" in doctor.out

            await federation_then("leave", "--reason", "merged", "--yes", home=gone.folder)
            await federation_then("mirror", "--from", gone.folder / "trust", home=one.folder)
            await until_then(lambda: "已退出" in links(one), "its partners see that it left")
            desk.parts.home.trust.load()  # type: ignore[attr-defined]  # as every command does
            with pytest.raises(MessageRefused, match="merged") as refused:
                await desk.parts.submit(submission("L-3", HERE, LEAVES))
            assert refused.value.code == "member.closed"
            assert count(one.store, "ticket") == 1  # what waited, waits until its time is over
            await desk.file("L-4", THERE)
            until(lambda: count(one.store, "ticket") == 1, "others are sent to as before")
        assert f"{LEAVES} has left" in one.log()
        doctor = tongban("doctor", "--home", one.folder)
        assert f"成员 {LEAVES}  许昌市 已于" in doctor.out
        shown = await federation_then("show", home=one.folder)
        assert "merged" in shown
        listed = tmp_path / "members.json"
        await federation_then("show", "--members", listed, home=one.folder)
        assert LEAVES in listed.read_text()  # old signatures are judged by its keys
