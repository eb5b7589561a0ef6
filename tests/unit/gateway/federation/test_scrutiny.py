"""A founder signs nothing that it was not shown, however well the rest of a proposal looks."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from contracts.errors import TongbanError
from gateway.federation import agreeing
from gateway.federation.office import Office
from gateway.federation.papers import Proposal
from keys.stores.file import FileKeyStore
from keys.suites import SUITES
from keys.trust.federation.tuf_keys import tuf_key
from tests.unit.gateway.federation.offices import founded, office, propose

STRANGER = tuf_key(SUITES["sm"].new_signing_key("stranger").public())


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults: Any = FileKeyStore.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "iterations", 1000)


@pytest.fixture
def pair(tmp_path: Path) -> list[Office]:
    return [office(tmp_path, code) for code in ("410100", "440100")]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(TongbanError) as error:
        call()
    return error.value.code


def seats(targets: Targets) -> Any:
    assert targets.delegations is not None
    return targets.delegations


def drop_a_seat(targets: Targets) -> None:
    del seats(targets).roles["440100"]


def take_a_seat(targets: Targets) -> None:
    seats(targets).keys[STRANGER.keyid] = STRANGER
    seats(targets).roles["440100"].keyids = [STRANGER.keyid]


def put_another_key_under_the_name(targets: Targets) -> None:
    (keyid,) = seats(targets).roles["440100"].keyids
    seats(targets).keys[keyid] = type(STRANGER)(keyid, "sm2", "sm2-sm3", STRANGER.keyval)


def put_another_key_into_the_new_seat(targets: Targets) -> None:
    seats(targets).keys[STRANGER.keyid] = STRANGER
    seats(targets).roles["411000"].keyids.append(STRANGER.keyid)


def widen_a_region(targets: Targets) -> None:
    seats(targets).roles["440100"].unrecognized_fields["jurisdictions"] = ["440100", "410100"]


def widen_a_path(targets: Targets) -> None:
    seats(targets).roles["411000"].paths.append("members/*.json")


def add_a_seat(targets: Targets) -> None:
    role = seats(targets).roles["440100"]
    role_dict = {**role.to_dict(), "name": "430100"}
    seats(targets).roles["430100"] = type(role).from_dict(role_dict)


def name_a_file(targets: Targets) -> None:
    targets.targets["members/440100.json"] = TargetFile.from_data("members/440100.json", b"x")


def live_for_ever(metadata: Targets | Root) -> None:
    metadata.expires += timedelta(days=10)


@pytest.mark.parametrize(
    "change",
    [
        drop_a_seat, take_a_seat, put_another_key_under_the_name, put_another_key_into_the_new_seat,
        widen_a_region, widen_a_path, add_a_seat, name_a_file, live_for_ever,
    ],
)  # fmt: skip
async def test_a_change_that_no_paper_names(
    pair: list[Office], tmp_path: Path, change: Callable[[Targets], None]
) -> None:
    await founded(pair, 2)
    new = office(tmp_path, "411000")
    request = agreeing.join(new, agreeing.invite(pair[0], "411000", ["411000"]))
    honest = agreeing.propose_member(pair[0], request, ["411000"]).proposal
    targets = Metadata[Targets].from_bytes(honest.targets.encode())
    change(targets.signed)
    sneaky = honest.model_copy(update={"targets": targets.to_bytes().decode()})
    assert code_of(lambda: agreeing.approve(pair[1], sneaky)) == "federation.file_invalid"
    assert agreeing.approve(pair[1], honest).enough


def lower_the_threshold(root: Root) -> None:
    root.roles["targets"].threshold = 1


def publish_for_others(root: Root) -> None:
    root.keys[STRANGER.keyid] = STRANGER
    root.roles["timestamp"].keyids.append(STRANGER.keyid)


def found_besides(root: Root) -> None:
    root.keys[STRANGER.keyid] = STRANGER
    root.roles["root"].keyids.append(STRANGER.keyid)


def say_more(root: Root) -> None:
    root.unrecognized_fields["x"] = 1


@pytest.mark.parametrize(
    "change", [lower_the_threshold, publish_for_others, found_besides, say_more, live_for_ever]
)
def test_a_root_that_is_not_as_it_is_shown(
    pair: list[Office], change: Callable[[Root], None]
) -> None:
    honest = propose(pair, 2)
    assert honest.root is not None
    root = Metadata[Root].from_bytes(honest.root.encode())
    change(root.signed)
    sneaky: Proposal = honest.model_copy(update={"root": root.to_bytes().decode()})
    assert code_of(lambda: agreeing.approve(pair[1], sneaky)) == "federation.file_invalid"
    assert agreeing.approve(pair[1], honest).enough
