"""The case that a history of messages makes.

What crossed, was refused or taken back changes nothing.
"""

from collections.abc import Iterable

from contracts.case import Case
from contracts.envelope import read_envelope
from contracts.errors import Refusal
from contracts.lifecycle import advance
from gateway.records import UNSAID_STATES, MessageRecord


def case_of(messages: Iterable[MessageRecord]) -> Case | None:
    """The case after `messages`, in the order they were recorded; None: never opened."""
    case: Case | None = None
    for message in messages:
        case = after(case, message)
    return case


def after(case: Case | None, message: MessageRecord) -> Case | None:
    """`case` after one message more."""
    if message.state in UNSAID_STATES:
        return case
    changed = advance(case, read_envelope(message.envelope))
    return case if isinstance(changed, Refusal) else changed
