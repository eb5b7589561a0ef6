"""The clock of a case, from what its messages say; how time is counted, see `contracts.clock`.

A message counts with the time that it states: when the papers came, not when somebody typed it
in. One that cannot be opened any more counts with the time at which it was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.clock import Moment, Reading, Run, limit_until, read_clock, run_of
from contracts.envelope import read_envelope
from contracts.matter import TimeLimit
from contracts.messages import AcceptBody, DecideBody, Kind
from contracts.model import Model
from contracts.working_days import Calendar
from gateway.records import UNSAID_STATES, MessageRecord

_STATED: Mapping[Kind, str] = {
    Kind.RECEIVE: "received_at",
    Kind.REQUEST_CORRECTION: "requested_at",
    Kind.CORRECT: "corrected_at",
    Kind.ACCEPT: "accepted_at",
    Kind.DECLINE: "declined_at",
    Kind.SUSPEND: "started_at",
    Kind.RESUME: "ended_at",
    Kind.TERMINATE: "terminated_at",
}
CLOCK_KINDS = frozenset({*_STATED, Kind.DECIDE})
"""The kinds of message that the clock hangs on."""

Bodies = Mapping[tuple[str, str], Model]
"""What messages say, by sender and id."""


@dataclass(frozen=True, slots=True)
class Counting:
    """By what the clock is read. `yellow`: the share of a limit from which it is nearly late."""

    calendar: Calendar
    yellow: float


@dataclass(frozen=True, slots=True)
class CaseClock:
    """The clock of a case. `limit` None: nobody promised anything."""

    run: Run
    limit: TimeLimit | None
    reading: Reading


def clock_of(
    messages: Sequence[MessageRecord], bodies: Bodies, counting: Counting, now: datetime
) -> CaseClock | None:
    """The clock at `now`; None: it has not begun, or with times that nothing can begin at.

    `messages` in the order recorded, `bodies` of as many as can be opened.
    """
    history, promised = [], None
    for message in messages:
        if message.state in UNSAID_STATES or message.kind not in CLOCK_KINDS:
            continue
        body = bodies.get((message.sender, message.id))
        kind = Kind(message.kind)
        history.append(Moment(kind, _stated(kind, body) or _written(message)))
        if isinstance(body, AcceptBody):
            promised = body.promised_at
    try:
        run = run_of(history, counting.calendar, now)
        if run is None:
            return None
        limit = limit_until(run.started_at, promised, counting.calendar) if promised else None
        reading = read_clock(run, limit, counting.calendar, now, yellow=counting.yellow)
    except ValueError:
        return None
    return CaseClock(run, limit, reading)


def _stated(kind: Kind, body: Model | None) -> datetime | None:
    if isinstance(body, DecideBody):
        return body.decision.decided_at
    stated: datetime | None = getattr(body, _STATED[kind]) if body is not None else None
    return stated


def _written(message: MessageRecord) -> datetime:
    return read_envelope(message.envelope).created_at
