"""A gateway and a forger that it knows: the setting of every test of bad input."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from contracts.messages import Kind
from gateway.clock import SystemClock
from keys.trust.members_file import MembersFile
from tests.processes.answer import Answer
from tests.processes.city import City, cities
from tests.processes.drafts import fact_body, submission
from tests.processes.forger import Forger, Letter
from tests.processes.ledger import ask, count

HERE, FORGER, THIRD, STRANGER = "410100", "440100", "510100", "110100"


class UnderAttack:
    """`forger` and `third` are members; what they send goes to `city`."""

    def __init__(self, city: City, forger: Forger, third: Forger) -> None:
        self.city, self.forger, self.third = city, forger, third
        self.trust = MembersFile(city.folder / "members.json", SystemClock().monotonic)

    # --- honest letters, for tests to spoil ---------------------------------------------------

    def submit(self, **fields: object) -> Letter:
        """A submission from the forger's city, which opens a case of its own."""
        draft = submission("F-1", self.forger.code, self.city.code)
        return self.forger.letter(self.city.member, draft.kind, draft.body, **fields)  # type: ignore[arg-type]

    def remind(self, case_id: str, sequence: int, **fields: object) -> Letter:
        return self.say(Kind.REMIND, b'{"reminded_at":"2026-01-01T08:00:00Z"}', case_id, sequence,
                        **fields)  # fmt: skip

    def fact(self, kind: Kind, case_id: str, sequence: int) -> Letter:
        return self.say(kind, fact_body(kind, "F-1").to_json(), case_id, sequence)

    def say(self, kind: str, body: bytes, case_id: str, sequence: int, **fields: object) -> Letter:
        return self.forger.letter(
            self.city.member, kind, body, case_id=case_id, sequence=sequence, **fields  # type: ignore[arg-type]
        )  # fmt: skip

    # --- sending ------------------------------------------------------------------------------

    def send(self, *letters: Letter, **claims: object) -> Answer:
        """One batch of the forger; receipts that come back must be sealed as they should."""
        batch = self.forger.batch(self.city.member, letters, None, **claims)
        return self.checked(self.forger.post(self.city.url, batch))

    def post_token(self, token: str, letters: Sequence[Letter]) -> Answer:
        """A batch under a seal that the test made itself."""
        batch = self.forger.batch(self.city.member, letters, token)
        return self.checked(self.forger.post(self.city.url, batch))

    def checked(self, answer: Answer) -> Answer:
        if answer.status == 200 and answer.receipts:
            answer.assert_sealed(self.trust, by=self.city.code, to=self.forger.code, answers=None)
        return answer

    def opened(self) -> Letter:
        """A submission that the gateway has taken."""
        letter = self.submit()
        assert self.send(letter).outcomes == ["taken"]
        return letter

    def state(self, case_id: str) -> tuple[str, int]:
        """State of a case, and the last sequence of its sender that was judged."""
        query = "SELECT state, taken FROM case_record WHERE id = ?"
        ((state, taken),) = ask(self.city.store, query, case_id)
        return str(state), int(taken)

    def kept(self, *letters: Letter) -> int:
        """How many of these the store knows as messages, whatever became of them."""
        return sum(
            count(self.city.store, "message", "digest = ?", self.forger.digest(b"\0" + letter.raw))
            for letter in letters
        )


@contextmanager
def under_attack(folder: Path, *, started: bool = True) -> Iterator[UnderAttack]:
    """The gateway runs; the forger has also a `closed`, an `over` and a `next` key."""
    forger, third = Forger(FORGER), Forger(THIRD)
    now = datetime.now(UTC)
    forger.new_key("closed", closed_at=now - timedelta(days=1))
    forger.new_key("over", valid_to=now - timedelta(days=1))
    forger.new_key("next", valid_from=now + timedelta(days=1))
    with cities(folder, {HERE: "sm"}, forger.entry, third.entry) as (city,):
        if started:
            city.start().ready()
        yield UnderAttack(city, forger, third)
