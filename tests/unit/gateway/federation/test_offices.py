"""Founding, joining, publishing: by files from hand to hand, k of n, in both suites."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import TongbanError
from gateway.federation import agreeing, copying, publishing
from gateway.federation.office import Office, root_of
from gateway.federation.papers import Invitation, MemberPaper, Proposal, read_paper, write_paper
from keys.stores.file import FileKeyStore
from keys.trust.federation import layout
from keys.trust.federation.charter import charter_of
from tests.unit.gateway.federation.offices import (
    approved,
    brought,
    founded,
    office,
    propose,
    seated,
)

FOUNDERS = ("410100", "440100", "430100", "410300")


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six hundred thousand rounds for each of a hundred keys would be the whole test."""
    defaults: Any = FileKeyStore.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "iterations", 1000)


@pytest.fixture
def offices(tmp_path: Path) -> list[Office]:
    return [office(tmp_path, code) for code in FOUNDERS]


@pytest.fixture
def pair(tmp_path: Path) -> list[Office]:
    """Two are enough where it is not about k of n."""
    return [office(tmp_path, code) for code in FOUNDERS[:2]]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(TongbanError) as error:
        call()
    return error.value.code


def change(office: Office, **more: Any) -> None:
    """Edit `member.json` as its administrator would."""
    file = office.folder.folder / "member.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **more}))


def news_of(member: Office) -> MemberPaper:
    paper = publishing.own_news(member, member.standing())
    assert paper is not None
    return paper


# --- founding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["sm", "intl"])
async def test_three_of_four_found_and_a_fifth_joins(tmp_path: Path, suite: str) -> None:
    offices = [office(tmp_path, code, suite) for code in FOUNDERS]
    standing = await founded(offices, 3, suite)
    assert set(standing.members) == set(FOUNDERS)
    assert {key.keytype for key in root_of(standing).keys.values()} == {
        "sm2" if suite == "sm" else "ed25519"
    }
    new = office(tmp_path, "411000", "sm")
    paper = agreeing.invite(offices[0], "411000", ["411000"])
    invitation = read_paper(write_paper(tmp_path / "invitation.json", paper))
    assert isinstance(invitation, Invitation)
    request = read_paper(write_paper(tmp_path / "join.json", agreeing.join(new, invitation)))
    assert isinstance(request, MemberPaper)
    after = seated(offices[:3], request)
    assert after.version == 2
    assert (await brought(new, offices[0])).members == after.members
    assert copying.settle(new)
    settings = (new.folder.folder / "tongban.toml").read_text()
    assert 'root = "trust/root.json"' in settings
    assert 'members = "members.json"' not in settings


def test_too_few_signatures_are_not_published(offices: list[Office]) -> None:
    proposal = approved(propose(offices, 3), offices[1:2])
    assert code_of(lambda: publishing.publish(offices[0], [proposal], [])) == "federation.not_now"
    assert not offices[0].anchor.exists()


def test_different_proposals_are_not_put_together(offices: list[Office]) -> None:
    one, other = propose(offices, 3), propose(offices, 2)
    both = [approved(each, offices[1:3]) for each in (one, other)]
    found = code_of(lambda: publishing.publish(offices[0], both, []))
    assert found == "federation.file_invalid"


def test_copies_signed_side_by_side_are_put_together(offices: list[Office]) -> None:
    proposal = propose(offices, 3)
    copies = [agreeing.approve(each, proposal).proposal for each in offices[1:3]]
    assert len(publishing.publish(offices[0], copies, []).members) == 4


def test_nobody_signs_for_another(offices: list[Office], tmp_path: Path) -> None:
    stranger = office(tmp_path, "411000")
    agreeing.founder_paper(stranger)  # has founding keys, of no federation
    proposal = propose(offices, 3)
    assert code_of(lambda: agreeing.approve(stranger, proposal)) == "federation.not_now"


@pytest.mark.parametrize(("threshold", "twice"), [(0, False), (5, False), (2, True)])
def test_a_charter_that_cannot_be(offices: list[Office], threshold: int, twice: bool) -> None:
    papers = [agreeing.founder_paper(each) for each in offices[1:]]
    if twice:
        papers.append(papers[0].model_copy(update={"code": "410700"}))
    found = code_of(lambda: agreeing.propose_founding(offices[0], "x", "sm", threshold, papers))
    assert found == "federation.file_invalid"


# --- life -----------------------------------------------------------------------------------------


async def test_a_founder_is_replaced_without_its_key(offices: list[Office]) -> None:
    await founded(offices, 3)
    lost, *others = offices
    fresh = agreeing.founder_paper(lost, new_keys=True)
    signed = agreeing.propose_change(others[0], [fresh], [], None)
    proposal = approved(signed.proposal, others[1:])
    standing = publishing.publish(others[0], [proposal], [])
    assert standing.versions["root"] == 2
    charter = charter_of(root_of(standing))
    assert charter.founder("410100") != charter_of(root_of(lost.standing())).founder("410100")
    after = await brought(lost, others[0])  # a client of the first root follows
    assert after.versions["root"] == 2
    assert publishing.publish(lost, [], []).version == 3  # with its new publishing key


async def test_one_more_founder_and_another_threshold(
    offices: list[Office], tmp_path: Path
) -> None:
    await founded(offices[:3], 2)
    papers = [agreeing.founder_paper(offices[3])]
    signed = agreeing.propose_change(offices[0], papers, [], 3)
    assert not signed.enough
    proposal = approved(signed.proposal, offices[1:3])
    standing = publishing.publish(offices[0], [proposal], [])
    assert charter_of(root_of(standing)).threshold == 3
    assert len(root_of(standing).roles["root"].keyids) == 4


async def test_an_old_proposal_is_not_signed_any_more(offices: list[Office]) -> None:
    await founded(offices, 3)
    old = agreeing.propose_change(offices[0], [], [], None).proposal
    renewed = approved(old, offices[1:3])
    publishing.publish(offices[0], [renewed], [])
    assert code_of(lambda: agreeing.approve(offices[0], old)) == "federation.not_now"


async def test_a_member_publishes_its_own_file(pair: list[Office]) -> None:
    await founded(pair, 2)
    member, publisher = pair[1], pair[0]
    assert publishing.own_news(member, member.standing()) is None
    change(member, address="https://moved.example")
    paper = publishing.own_news(member, member.standing())
    assert paper is not None
    standing = publishing.publish(publisher, [], [paper])
    assert standing.members["440100"].address == "https://moved.example"
    assert publishing.publish(publisher, [], [paper]).version == 3  # once more does no harm
    change(member, address="https://elsewhere.example")
    stale = publishing.own_news(member, member.standing())  # it has not seen its own news yet
    assert stale is not None
    assert code_of(lambda: publishing.publish(publisher, [], [stale])) == "federation.not_now"


async def test_a_member_that_lost_its_key_gets_its_seat_back(pair: list[Office]) -> None:
    before = await founded(pair, 2)
    request = agreeing.rejoin(pair[1])
    after = seated(pair, request)
    assert after.members == before.members
    assert after.versions["440100"] == 2
    change(pair[1], address="https://moved.example")
    await brought(pair[1], pair[0])
    assert publishing.publish(pair[0], [], [news_of(pair[1])]).members["440100"].address == (
        "https://moved.example"
    )


async def test_what_clients_would_refuse_is_not_published(pair: list[Office]) -> None:
    before = await founded(pair, 2)
    member, publisher = pair[1], pair[0]
    keys = json.loads((member.folder.folder / "member.json").read_text())["signing_keys"]
    change(member, signing_keys=[])
    paper = news_of(member)
    assert code_of(lambda: publishing.publish(publisher, [], [paper])) == "trust.key_removed"
    change(member, signing_keys=keys, jurisdictions=["440100", "410100"])
    paper = news_of(member)
    assert code_of(lambda: publishing.publish(publisher, [], [paper])) == "trust.jurisdiction"
    forged = paper.model_copy(update={"member": paper.member.replace("440100", "440106")})
    assert code_of(lambda: publishing.publish(publisher, [], [forged])) == "trust.mixed"
    assert publisher.standing().version == before.version


async def test_a_timestamp_that_ended_can_be_renewed(
    pair: list[Office], monkeypatch: pytest.MonkeyPatch
) -> None:
    await founded(pair, 2)
    later = pair[0].now() + layout.TIMESTAMP_LIFE + timedelta(days=3)
    monkeypatch.setattr(Office, "now", lambda _: later)
    assert code_of(pair[0].federation().members) == "trust.frozen"
    standing = publishing.publish(pair[0], [], [])
    assert standing.version == 2
    assert standing.versions["snapshot"] == 1
    assert len(pair[0].federation().members()) == 2


async def test_a_member_that_is_no_founder_cannot_publish(
    pair: list[Office], tmp_path: Path
) -> None:
    await founded(pair, 2)
    new = office(tmp_path, "411000")
    request = agreeing.join(new, agreeing.invite(pair[0], "411000", ["411000"]))
    seated(pair, request)
    await brought(new, pair[0])
    assert not publishing.can_publish(new, new.standing())
    assert code_of(lambda: publishing.publish(new, [], [])) == "federation.not_now"


# --- papers -----------------------------------------------------------------------------------


async def test_an_invitation_is_for_one_city_and_its_regions(
    pair: list[Office], tmp_path: Path
) -> None:
    await founded(pair, 2)
    new = office(tmp_path, "411000")
    other = agreeing.invite(pair[0], "410700", ["410700"])
    assert code_of(lambda: agreeing.join(new, other)) == "federation.file_invalid"
    smaller = agreeing.invite(pair[0], "411000", ["411002"])
    assert code_of(lambda: agreeing.join(new, smaller)) == "trust.jurisdiction"
    assert not new.anchor.exists()


async def test_a_request_that_was_changed_on_its_way(offices: list[Office], tmp_path: Path) -> None:
    await founded(offices[:2], 2)
    new = office(tmp_path, "411000")
    request = agreeing.join(new, agreeing.invite(offices[0], "411000", ["411000"]))
    stranger = agreeing.founder_paper(offices[2]).member
    for update in (
        {"member": request.member.replace("127.0.0.1", "127.0.0.9")},
        {"key": stranger.key},
        {"role": stranger.role},
        {"code": "410700"},
        {"role": "{}"},
    ):
        spoilt = request.model_copy(update=update)
        found = code_of(lambda: agreeing.propose_member(offices[0], spoilt, ["411000"]))  # noqa: B023
        assert found == "federation.file_invalid"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"paper": "federation.copy"}', '{"paper": 1}'])
def test_a_file_that_is_no_paper(tmp_path: Path, text: str) -> None:
    file = tmp_path / "paper.json"
    file.write_text(text)
    assert code_of(lambda: read_paper(file)) == "federation.file_invalid"


def test_a_proposal_without_sense(pair: list[Office]) -> None:
    for targets in ("", "{}", '{"signed": {"_type": "root"}, "signatures": []}'):
        proposal = Proposal(federation="x", targets=targets)
        assert code_of(lambda: agreeing.approve(pair[0], proposal)) == (  # noqa: B023
            "federation.file_invalid"
        )
