"""What an operator sees of the link to one partner."""

from dataclasses import dataclass
from datetime import datetime

from contracts.errors import TongbanError


@dataclass(slots=True)
class LinkStatus:
    """Kept by the partner's courier; read by metrics and pages."""

    partner: str
    failures: int = 0
    last_success: datetime | None = None
    last_failure: datetime | None = None
    last_code: str | None = None
    last_detail: str | None = None
    pace: float | None = None
    """Messages a second that we hold ourselves to, because the partner asked for less."""

    def succeeded(self, now: datetime) -> None:
        self.failures = 0
        self.last_success = now
        self.last_code = self.last_detail = None

    def failed(self, error: TongbanError, now: datetime) -> None:
        self.failures += 1
        self.last_failure = now
        self.note(error.where.get("answer", error.code), error.detail)

    def note(self, code: str, detail: str) -> None:
        self.last_code, self.last_detail = code, detail
