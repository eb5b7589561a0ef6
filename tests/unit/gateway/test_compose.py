"""Composing: what can never be delivered is refused here, before anybody waits for it."""

import base64

import pytest

from adapters.adapter import File
from contracts import limits
from contracts.errors import MessageRefused
from gateway.exchange.compose import compose
from gateway.exchange.home import part_info
from gateway.simulation.drafts import submission
from keys.sealing import salted_digest
from tests.unit.gateway.stage import HERE, KEYRINGS, THERE, City, two_cities


def with_files(city: City, files: dict[str, File]) -> object:
    draft = submission("1", receiving=HERE, handling=THERE, at=city.clock.now(), files=files)
    return compose(city.home, draft, THERE)


def test_the_receiver_can_open_every_part_and_check_its_digest() -> None:
    here, there = two_cities()
    files = {"photo.jpg": File("image/jpeg", b"\xff\xd8photo"), "empty": File("text/plain", b"")}
    draft = submission("1", receiving=HERE, handling=THERE, at=here.clock.now(), files=files)
    composed = compose(here.home, draft, THERE)
    assert [part.name for part in composed.parts] == ["body", "photo.jpg", "empty"]
    opener, wrapped = there.home.opener(HERE), base64.b64decode(composed.sealing.secret)
    plain = {"body": draft.body.to_json(), **{name: file.data for name, file in files.items()}}
    for part, record in zip(composed.parts, composed.records, strict=True):
        opened = opener.open(
            composed.sealing.key, wrapped, record.sealed, part_info(composed.message_id, part.name)
        )
        assert opened.plain == plain[part.name]
        digest = salted_digest(here.home.suite.digest, opened.salt, opened.plain)
        assert digest.hex() == part.plain_digest
        assert (part.size, part.sealed_size) == (len(opened.plain), len(record.sealed))
    assert composed.sealing.key == KEYRINGS[THERE].opening.kid


def test_too_many_parts_are_refused() -> None:
    files = {f"f{n}": File("text/plain", b"") for n in range(limits.MESSAGE_PARTS)}
    with pytest.raises(MessageRefused) as caught:
        with_files(City(HERE), files)
    assert caught.value.code == "envelope.too_complex"


def test_a_part_that_is_too_large_is_refused_by_name() -> None:
    with pytest.raises(MessageRefused) as caught:
        with_files(City(HERE), {"map": File("image/png", bytes(limits.PART_BYTES + 1))})
    assert caught.value.code == "envelope.too_complex"
    assert caught.value.where == {"part": "map"}


def test_parts_that_fit_one_by_one_but_in_no_batch_together_are_refused() -> None:
    """Such a message would bar the way to its partner until it expired, and beyond."""
    files = {f"map{n}": File("image/png", bytes(limits.PART_BYTES)) for n in range(4)}
    with pytest.raises(MessageRefused) as caught:
        with_files(City(HERE), files)
    assert caught.value.code == "envelope.too_complex"


@pytest.mark.parametrize("name", ["身份证.pdf", "Upper", "", "a" * 65, "a b", "../x", "."])
def test_a_part_name_that_no_envelope_can_hold_is_refused(name: str) -> None:
    with pytest.raises(MessageRefused) as caught:
        with_files(City(HERE), {name: File("text/plain", b"x")})
    assert caught.value.code == "envelope.malformed"


@pytest.mark.parametrize("media_type", ["", "x", "a" * 128])
def test_a_media_type_that_no_envelope_can_hold_is_refused(media_type: str) -> None:
    with pytest.raises(MessageRefused) as caught:
        with_files(City(HERE), {"x": File(media_type, b"x")})
    assert caught.value.code == "envelope.malformed"


def test_a_file_cannot_take_the_place_of_the_body() -> None:
    with pytest.raises(MessageRefused) as caught:
        with_files(City(HERE), {"body": File("application/json", b"{}")})
    assert caught.value.code == "envelope.malformed"
