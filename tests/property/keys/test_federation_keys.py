"""No sequence of publishes takes a key away from anybody who saw it, or reopens one."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from keys.suites import SUITES
from keys.trust.federation.standing import Standing
from keys.trust.member import Member, MemberKey
from tests.doubles.federation import DAY, NOW, Simulator

_JWK = SUITES["intl"].new_signing_key("k").public().jwk()

entries = st.builds(
    lambda number, start, end, closed: MemberKey(
        kid=f"k{number}",
        jwk=_JWK,
        valid_from=NOW + start * DAY,
        valid_to=None if end is None else NOW + end * DAY,
        closed_at=None if closed is None else NOW + closed * DAY,
    ),
    st.integers(0, 2),
    st.integers(0, 1),
    st.none() | st.integers(5, 6),
    st.none() | st.integers(2, 3),
)
files = st.lists(entries, max_size=3, unique_by=lambda key: key.kid)


def keys_of(standing: Standing) -> dict[str, MemberKey]:
    member: Member = standing.members["410100"]
    return {key.kid: key for key in member.signing_keys}


@settings(max_examples=25)
@given(st.lists(st.tuples(files, st.booleans()), min_size=1, max_size=6))
def test_keys_only_ever_come_and_close(steps: list[tuple[list[MemberKey], bool]]) -> None:
    world = Simulator(codes=("410100",), threshold=1)
    standing = world.walk()
    for entry, look in steps:
        more: dict[str, Any] = {"signing_keys": entry}
        world.members["410100"] = world.cities["410100"].entry(**more)
        world.publish_member("410100")
        world.publish()
        if not look:  # a client need not see every version
            continue
        before, standing = keys_of(standing), world.walk(standing)
        after = keys_of(standing)
        assert before.keys() <= after.keys()
        for kid, key in before.items():
            assert (after[kid].jwk, after[kid].valid_from) == (key.jwk, key.valid_from)
            if key.closed_at is not None:
                assert after[kid] == key
            if key.valid_to is not None:
                end = after[kid].valid_to
                assert end is not None
                assert end <= key.valid_to
