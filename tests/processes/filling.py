"""Filling the store of a gateway with messages until it says that it is full."""

from contracts.messages import Kind
from tests.processes.answer import Answer
from tests.processes.forger import Letter, new_id
from tests.processes.under_attack import UnderAttack

BODY = b'{"reminded_at":"2026-01-01T08:00:00Z","note":"","x":"' + b"y" * 60_000 + b'"}'


def post_until_full(attack: UnderAttack) -> list[tuple[Letter, Answer]]:
    """Refused messages are kept as well, so a case is not needed to fill a disk."""
    receipted: list[tuple[Letter, Answer]] = []
    for _ in range(500):
        letter = attack.say(Kind.REMIND, BODY, new_id(), 1)
        answer = attack.send(letter)
        if answer.status != 200:
            assert (answer.status, answer.code) == (507, "store.full")
            assert int(answer.headers["Retry-After"]) > 0
            return receipted
        receipted.append((letter, answer))
    raise AssertionError("the disk never became full")
