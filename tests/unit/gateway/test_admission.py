"""A submission that does not belong is refused before any receipt says `taken`."""

import pytest

from contracts.messages import Kind, RemindBody, SubmitBody
from gateway.exchange.admission import Admission
from gateway.simulation.clock import SimulatedClock
from gateway.simulation.drafts import said, submission

AT = SimulatedClock().now()


def _body(receiving: str, handling: str) -> SubmitBody:
    body = submission("A-1", receiving=receiving, handling=handling, at=AT).body
    assert isinstance(body, SubmitBody)
    return body


@pytest.mark.parametrize("matters", [None, {"442025036000"}])
def test_a_case_from_the_senders_districts_for_ours_is_admitted(matters: set[str] | None) -> None:
    assert Admission("440100", matters)("410100", _body("410105", "440106")) is None


@pytest.mark.parametrize(
    ("receiving", "handling", "matters", "code"),
    [
        ("410105", "430102", None, "case.wrong_city"),  # handled elsewhere
        ("430102", "440106", None, "case.wrong_city"),  # received where the sender is not
        ("410105", "440106", {"000714001000"}, "matter.unknown"),
        ("410105", "440106", set(), "matter.unknown"),
    ],
)
def test_what_does_not_belong_is_refused(
    receiving: str, handling: str, matters: set[str] | None, code: str
) -> None:
    refusal = Admission("440100", matters)("410100", _body(receiving, handling))
    assert refusal is not None
    assert refusal.code == code


def test_what_follows_a_submission_is_not_its_business() -> None:
    body = said("A-1", Kind.REMIND, AT).body
    assert isinstance(body, RemindBody)
    assert Admission("440100", set())("410100", body) is None
