"""A city leaves, or is closed by k founders; its entry stays."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import TongbanError, Wrong
from gateway.federation import agreeing, leaving, publishing
from gateway.federation.office import Office
from gateway.federation.papers import MemberPaper
from keys.stores.file import FileKeyStore
from keys.trust.parting import has_left, left_at
from tests.unit.gateway.federation.offices import approved, brought, founded, office, seated

FOUNDERS = ("410100", "440100", "430100")
NEW = "411000"


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults: Any = FileKeyStore.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "iterations", 1000)


@pytest.fixture
async def offices(tmp_path: Path) -> list[Office]:
    """Three founders, two of whom must agree, and one member more."""
    made = [office(tmp_path, code) for code in FOUNDERS]
    await founded(made, 2)
    new = office(tmp_path, NEW)
    seated(made[:2], agreeing.join(new, agreeing.invite(made[0], NEW, [NEW])))
    await brought(made[1], made[0])
    await brought(new, made[0])
    return [*made, new]


def news_of(member: Office) -> MemberPaper:
    news = publishing.own_news(member, member.standing())
    assert news is not None
    return news


async def test_a_member_leaves_by_its_own_word(offices: list[Office]) -> None:
    first, *_, new = offices
    now = first.now()
    before, _ = new.entry()
    leaving.leave(new, "撤并", now)
    standing = publishing.publish(first, [], [news_of(new)])
    entry = standing.members[NEW]
    assert left_at(entry) == now
    assert {key.kid for key in entry.signing_keys} == {key.kid for key in before.signing_keys}
    assert standing.faults == ()
    with pytest.raises(Wrong, match="closed already"):
        leaving.leave(new, "again", now)


async def test_it_may_say_so_ahead(offices: list[Office]) -> None:
    first, *_, new = offices
    day = first.now() + timedelta(days=30)
    leaving.leave(new, "撤并", day)
    entry = publishing.publish(first, [], [news_of(new)]).members[NEW]
    assert not has_left(entry, first.now())
    assert has_left(entry, day)


async def test_k_founders_close_one_that_cannot(offices: list[Office]) -> None:
    first, second, *_ = offices
    request = leaving.end(first, NEW, "失联", first.now())
    with pytest.raises(Wrong) as alone:  # a key of one founder is no key of the member
        publishing.publish(first, [], [request])
    assert alone.value.code == "trust.threshold"
    proposal = agreeing.propose_member(first, request, [NEW]).proposal
    with pytest.raises(Wrong, match="1 founding cities have signed"):
        publishing.publish(first, [proposal], [])
    standing = publishing.publish(first, [approved(proposal, [second])], [])
    assert has_left(standing.members[NEW], first.now())
    assert standing.faults == ()


async def test_who_was_closed_comes_back_with_new_keys_only(offices: list[Office]) -> None:
    """And a closed key stays closed, whoever asks."""
    first, *_, new = offices
    reopened = (new.folder.folder / "member.json").read_bytes()
    leaving.leave(new, "撤并", first.now())
    publishing.publish(first, [], [news_of(new)])
    await brought(new, first)
    (new.folder.folder / "member.json").write_bytes(reopened)
    with pytest.raises(TongbanError) as refused:
        publishing.publish(first, [], [news_of(new)])
    assert refused.value.code == "trust.key_removed"


async def test_nobody_is_closed_who_is_no_member(offices: list[Office]) -> None:
    with pytest.raises(Wrong, match="not a member"):
        leaving.end(offices[0], "110100", "x", offices[0].now())


async def test_a_catalogue_goes_with_the_members_file(offices: list[Office]) -> None:
    first, second, *_, new = offices
    assert publishing.own_news(new, new.standing()) is None
    file = new.folder.folder / "catalogue.json"
    file.write_bytes(b'{"matters": []}')
    standing = publishing.publish(first, [], [news_of(new)])
    assert standing.catalogues == {NEW: b'{"matters": []}'}
    await brought(new, first)
    assert publishing.own_news(new, new.standing()) is None
    assert (await brought(second, first)).catalogues == {NEW: b'{"matters": []}'}
    file.write_bytes(b"[]")
    with pytest.raises(Wrong) as bad:
        publishing.own_news(new, new.standing())
    assert bad.value.code == "federation.file_invalid"
    file.unlink()
    assert publishing.publish(first, [], [news_of(new)]).catalogues == {}


async def test_a_request_may_not_hide_its_catalogue(offices: list[Office]) -> None:
    first, *_, new = offices
    (new.folder.folder / "catalogue.json").write_bytes(b'{"matters": []}')
    paper = agreeing.rejoin(new)
    hidden = paper.model_copy(update={"catalogue": None})
    with pytest.raises(Wrong, match="catalogue"):
        agreeing.propose_member(first, hidden, [NEW])
    other = paper.model_copy(update={"catalogue": '{"matters": [1]}'})
    with pytest.raises(Wrong) as refused:
        agreeing.propose_member(first, other, [NEW])
    assert refused.value.code == "federation.file_invalid"
