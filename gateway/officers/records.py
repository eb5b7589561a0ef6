"""What is kept of the officers, as plain values. Times are Unix milliseconds."""

from dataclasses import dataclass, replace
from typing import Literal

from gateway.officers.duties import Duty

Outcome = Literal["allowed", "refused", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Account:
    """One officer. Neither hash nor secret is shown by `repr`.

    `password` is an Argon2 hash, None for one who signs in at the city's provider (`subject`
    says as whom). `code_used`: the newest step whose one-time code was taken, so that none
    is taken twice.
    """

    name: str
    duty: Duty
    made_at: int
    password: str | None = None
    code_secret: bytes | None = None
    code_used: int = 0
    failures: int = 0
    waits_until: int = 0
    locked_at: int | None = None
    must_change: bool = False
    subject: str | None = None

    def __repr__(self) -> str:
        return f"Account({self.name!r}, {self.duty.value})"

    def with_(self, **changes: object) -> "Account":
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in. `id` is the SHA-256 of what the session file holds."""

    id: str
    account: str
    duty: Duty
    made_at: int
    seen_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Token:
    """What a city system calls with. `digest` is the SHA-256 of the secret half."""

    id: str
    owner: str
    digest: bytes
    scopes: tuple[str, ...]
    made_at: int
    made_by: str
    ends_at: int
    revoked_at: int | None = None
    used_at: int | None = None

    def __repr__(self) -> str:
        return f"Token({self.id!r}, {self.owner!r})"


@dataclass(frozen=True, slots=True)
class Use:
    """One entry of the log: who used what on what, and whether it was allowed.

    `by` is an account, ``token:<id>``, or ``?`` for whoever was none. Nothing private is in it.
    """

    number: int
    at: int
    by: str
    duty: str
    act: str
    about: str
    outcome: str
    before: bytes
    digest: bytes
