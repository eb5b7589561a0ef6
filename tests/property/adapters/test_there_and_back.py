"""Canonical to native to canonical: what is not reported as lost comes back as it was."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.adapter import Draft
from adapters.profiles.load import builtin_profile, load_profile
from contracts.errors import DocumentRejected
from contracts.messages import Kind
from tests.property.adapters.bodies import drafted
from tests.property.adapters.leaves import leaves
from tests.unit.adapters.cities import adapter

CITIES = (
    "410100",
    "440100",
    "430100",
    "419001",
    "410100-kstb",
    "410200",
    "410700",
    "410300",
    "410800",
)
NOT_CARRIED: dict[str, tuple[Kind, ...]] = {
    "410100": (),
    "440100": (Kind.WITHDRAW, Kind.REMIND, Kind.EVALUATE, Kind.ANSWER_EVALUATION),
    "430100": (),
    "410200": (),
    "410700": (),
    "410300": (),
    "410800": (),
    "419001": (),
    "410100-kstb": tuple(
        kind
        for kind in Kind
        if kind not in (Kind.SUBMIT, Kind.RECEIVE, Kind.DECLINE, Kind.DECIDE, Kind.CLOSE)
    ),
}
ADDED = (
    "application.matter.",  # by the crosswalk
    "application.handling.",  # by the crosswalk
    "application.receiving.",  # by the profile
    "case_number",  # a loss where it differs from the number of the document
)
"""What reading may say beyond what was written: the crosswalk and the profile know more."""

ADAPTERS = {city: adapter(city) for city in CITIES}
CROSSWALKS = {city: load_profile(builtin_profile(city)).crosswalk for city in CITIES}
CASES = [
    pytest.param(city, kind, id=f"{city}-{kind}")
    for city in CITIES
    for kind in Kind
    if kind not in NOT_CARRIED[city]
]


@pytest.mark.parametrize(("city", "kind"), CASES)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
def test_what_is_not_lost_comes_back(city: str, kind: Kind, data: st.DataObject) -> None:
    speaks = ADAPTERS[city]
    body = data.draw(drafted(kind, CROSSWALKS[city]))
    written = speaks.write(Draft("20201124000017", kind, body))
    lost = {loss.field for loss in written.losses}
    assert len(lost) == len(written.losses), "a loss is told once"
    drafts = [draft for document in written.documents for draft in speaks.read(document.data)]
    back = next((draft for draft in drafts if draft.kind is kind), None)
    if back is None:
        assert "result" in lost, "only an end of another kind may be read as another kind"
        return
    assert back.number == "20201124000017"
    said, read = leaves(body), leaves(back.body)
    assert {p: v for p, v in said.items() if p not in lost} == {
        p: v for p, v in read.items() if p in said and p not in lost
    }
    assert all(p in said for p in lost if not p.startswith("files.")), "a loss was said"
    assert not {p for p in read if p not in said and not p.startswith(ADDED)} - lost - {"result"}


@pytest.mark.parametrize(
    ("city", "kind"), [(city, kind) for city in CITIES for kind in NOT_CARRIED[city]]
)
@given(data=st.data())
@settings(max_examples=5)
def test_what_has_no_place_is_refused(city: str, kind: Kind, data: st.DataObject) -> None:
    draft = Draft("1", kind, data.draw(drafted(kind, CROSSWALKS[city])))
    with pytest.raises(DocumentRejected) as caught:
        ADAPTERS[city].write(draft)
    assert caught.value.code == "document.not_carried"


@pytest.mark.parametrize(("city", "kind"), CASES)
@given(data=st.data())
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
def test_writing_is_repeatable(city: str, kind: Kind, data: st.DataObject) -> None:
    draft = Draft("20201124000017", kind, data.draw(drafted(kind, CROSSWALKS[city])))
    assert ADAPTERS[city].write(draft) == ADAPTERS[city].write(draft)
