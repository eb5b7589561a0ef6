"""Canonical paths: their text, and their checks against the models."""

import pytest

from adapters.engine.losses import Carried, carry, unsaid
from adapters.engine.paths import (
    EACH,
    PathError,
    default_of,
    parse,
    render,
    required_fields,
    resolve,
)
from contracts.messages import AcceptBody, DecideBody, SubmitBody, SuspendBody


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("accepted_at", ("accepted_at",)),
        ("application.materials[].name", ("application", "materials", EACH, "name")),
        ("certificates[0].name", ("certificates", 0, "name")),
    ],
)
def test_text_and_steps(text: str, path: tuple[str | int, ...]) -> None:
    assert parse(text) == path
    assert render(path) == text


@pytest.mark.parametrize("text", ["", "a..b", "A", "a[1]", "a[-1]", "a.", "a b", "[]"])
def test_malformed_paths(text: str) -> None:
    with pytest.raises(PathError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("application.nome", "Application has no field 'nome'"),
        ("application[].name", "application is no list"),
        ("application.applied_at.year", "application.applied_at has no fields"),
        ("application.materials.name", "application.materials has no fields"),
    ],
)
def test_paths_that_lead_nowhere(text: str, says: str) -> None:
    with pytest.raises(PathError, match=says.replace("[", r"\[")):
        resolve(SubmitBody, parse(text))


def test_what_paths_lead_to() -> None:
    assert resolve(SubmitBody, parse("application.applied_at")).is_moment
    assert resolve(SuspendBody, parse("limit")).is_model
    assert resolve(SuspendBody, parse("procedure")).words == ("extension", "other")
    assert resolve(SubmitBody, parse("application.materials[].count")).type is int
    assert resolve(DecideBody, parse("certificates[0].name")).type is str


def test_defaults() -> None:
    assert default_of(SubmitBody, parse("application.channel")) == "window"
    assert default_of(SubmitBody, parse("application.materials[].taken")) is True
    assert default_of(SubmitBody, ("application", "future")) is None


def test_required_fields_go_into_required_models_only() -> None:
    assert set(map(render, required_fields(SuspendBody))) == {"started_at", "procedure", "name"}
    assert "application.applicant.type" in set(map(render, required_fields(SubmitBody)))
    assert "application.applicant.contact.name" not in set(map(render, required_fields(SubmitBody)))


def test_what_nobody_carries_is_found_by_walking() -> None:
    carried: dict[str | int, Carried] = {}
    carry(carried, parse("accepted_at"))
    carry(carried, ("list", EACH, "a"))
    said = {
        "accepted_at": "x",
        "remark": "y",
        "clerk": {"name": "z", "position": ""},
        "list": [{"a": 1, "b": 2}],
        "native": {"other": {"c": "d"}},
        "nothing": None,
    }
    found = unsaid(said, carried, lambda path: default_of(AcceptBody, path))
    assert list(found) == ["remark", "clerk.name", "list[0].b"]
