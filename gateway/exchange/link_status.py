"""What an operator sees of the link to one partner, or to the city's own system."""

from collections import OrderedDict
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

import orjson

from contracts.errors import TongbanError

_MOST_PUT_OFF = 64  # messages of which we remember why they were put off


def printable(text: str, most: int) -> str:
    """What somebody else wrote, fit for a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:most])


@dataclass(slots=True)
class LinkStatus:
    """Kept by whoever carries the lane; read by metrics, written down for commands.

    `carrying`: this process has the lane, no other of the same gateway. `seconds`: from the last
    request to its answer. `receipts`: messages settled since this process began.
    """

    partner: str
    failures: int = 0
    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_code: str | None = None
    last_detail: str | None = None
    trace: str | None = None
    seconds: float | None = None
    receipts: int = 0
    carrying: bool = False
    later: OrderedDict[str, str] = field(default_factory=OrderedDict)
    """By message id, the code with which the partner last put it off."""
    pace: float | None = None
    """Messages a second that we hold ourselves to, because the partner asked for less."""

    def took(self, seconds: float) -> None:
        self.seconds = round(seconds, 4)

    def succeeded(self, now: datetime, receipts: int = 0) -> None:
        self.failures = 0
        self.last_success = now
        self.receipts += receipts
        self.last_code = self.last_detail = self.trace = None

    def failed(self, error: TongbanError, now: datetime) -> None:
        self.failures += 1
        self.last_failure = now
        self.note(error.where.get("answer", error.code), error.detail)
        trace = error.where.get("trace")
        self.trace = printable(trace, 64) if trace else None

    def note(self, code: str, detail: str) -> None:
        self.last_code, self.last_detail = printable(code, 64), printable(detail, 600)

    def put_off(self, message_id: str, code: str, detail: str) -> None:
        """The partner takes this message later."""
        self.note(code, detail)
        self.later[message_id] = printable(code, 64)
        self.later.move_to_end(message_id)
        while len(self.later) > _MOST_PUT_OFF:
            self.later.popitem(last=False)

    def to_text(self) -> str:
        """For the store; `from_text` reads it."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def from_text(cls, text: str) -> "LinkStatus":
        """What a process wrote, also one of another version: what is unknown is left out."""
        found: dict[str, Any] = orjson.loads(text)
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in found.items() if name in known}
        for name in ("last_success", "last_failure"):
            if values.get(name) is not None:
                values[name] = datetime.fromisoformat(values[name])
        values["later"] = OrderedDict(values.get("later", {}))
        return cls(**values)
