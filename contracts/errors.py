"""The errors of tongban, and what each one owes its reader.

Every error says *what* is wrong (a stable code and a sentence), *where* (field, line,
partner, message), *whose side* must act, *whether to try again*, and *what to do*.
"Wrong" and "could not be checked" are different errors everywhere::

    TongbanError
    ├── Wrong                 it was checked and it is wrong: the same bytes will fail again
    │   ├── BatchRejected     a whole batch or reply; nothing inside it was used
    │   ├── MessageRefused    one message; the sender gets a signed receipt that says so
    │   ├── CodeInvalid       a code fails its check; says which character
    │   ├── DocumentRejected  a city's own document cannot be translated
    │   ├── KeyUnusable       a key file, key or member entry cannot be used
    │   ├── SettingsInvalid   the configuration; all its mistakes at once
    │   ├── TrustRefused      what a mirror, a member or a founder published is not taken
    │   └── EvidenceInvalid   an auditor's check failed
    └── Unchecked             it could not be checked or kept now: try again later
        ├── TrustUnavailable  the trust list cannot be read
        ├── KeyUnavailable    the token that holds a key does not answer
        ├── StoreUnavailable  the store cannot be read or written (full, locked, gone)
        ├── QueueUnavailable  the broker of the queue cannot be reached
        ├── PartnerLimited    a partner sends more than it may: nothing of it was used
        └── PartnerUnreachable  the network, or the partner's gateway

The codes that travel between gateways stand in `REASONS`; a partner may rely on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from contracts.reasons import REASONS, Reason, Side

__all__ = [
    "REASONS",
    "BatchRejected",
    "CodeInvalid",
    "DocumentRejected",
    "EvidenceInvalid",
    "KeyUnavailable",
    "KeyUnusable",
    "MessageRefused",
    "PartnerLimited",
    "PartnerUnreachable",
    "QueueUnavailable",
    "Reason",
    "Refusal",
    "SettingsInvalid",
    "Side",
    "StoreUnavailable",
    "TongbanError",
    "TrustRefused",
    "TrustUnavailable",
    "Unchecked",
    "Wrong",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is refused, as a value: the rules return it, a receipt carries it.

    `code` is a key of `REASONS`; `detail` says what was found, without personal data;
    `where` names field, state, sequence… as short strings.
    """

    code: str
    detail: str
    where: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in REASONS:
            raise KeyError(f"{self.code} is not a code of contracts.reasons.REASONS")


class TongbanError(Exception):
    """Base of all errors: a stable `code`, a `detail`, and `where` it was found."""

    default_code: ClassVar[str] = "internal"

    def __init__(self, detail: str, *, code: str | None = None, **where: object) -> None:
        self.code = code or self.default_code
        self.detail = detail
        self.where: dict[str, str] = {k: str(v) for k, v in where.items() if v is not None}
        super().__init__(detail)

    @property
    def reason(self) -> Reason:
        """The entry of `REASONS`: side, retry, HTTP status, title and remedy."""
        return REASONS[self.code]

    def refusal(self) -> Refusal:
        return Refusal(self.code, self.detail, self.where)

    def __str__(self) -> str:
        place = "".join(f" [{name} {value}]" for name, value in self.where.items())
        return f"{self.code}: {self.detail}{place}"


class Wrong(TongbanError):  # noqa: N818 - named for what it says
    """It was checked and it is wrong. Sending the same bytes again will fail again."""


class BatchRejected(Wrong):
    """A batch, or a reply to one, is not used at all."""

    default_code = "batch.malformed"


class MessageRefused(Wrong):
    """One message is refused; the others of its batch are not affected."""

    default_code = "envelope.malformed"


class CodeInvalid(Wrong):
    """A code fails its check. `where` holds `position` (from 1) of the failing character."""

    default_code = "code.invalid"


class DocumentRejected(Wrong):
    """A city's own document cannot be translated; `where` names partner, field and value."""

    default_code = "document.invalid"


class KeyUnusable(Wrong):
    """A key cannot be read or used."""

    default_code = "key.unusable"


class SettingsInvalid(Wrong):
    """The configuration is wrong. `mistakes` lists all of them, one sentence each."""

    default_code = "settings.invalid"

    def __init__(self, mistakes: list[str], *, source: str) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(mistakes), source=source)


class TrustRefused(Wrong):
    """Files of the federation break its rules; what was known before stays."""

    default_code = "trust.malformed"


class EvidenceInvalid(Wrong):
    """Evidence does not prove what it claims."""

    default_code = "evidence.invalid"


class Unchecked(TongbanError):  # noqa: N818 - named for what it says
    """It could not be checked, kept or delivered now. The same bytes may succeed later."""


class TrustUnavailable(Unchecked):
    """The trust list, or a mirror of it, cannot be used now."""

    default_code = "trust.unavailable"


class KeyUnavailable(Unchecked):
    """The token that holds a private key does not answer now."""

    default_code = "key.token_gone"


class StoreUnavailable(Unchecked):
    default_code = "store.unavailable"


class QueueUnavailable(Unchecked):
    """Only for what an operator asks of the broker: messages go on without it."""

    default_code = "queue.unavailable"


class PartnerLimited(Unchecked):
    """A partner sends more than it may; in `retry_after` seconds it may again."""

    default_code = "partner.too_fast"

    def __init__(
        self, detail: str, *, code: str | None = None, retry_after: float, partner: str
    ) -> None:
        super().__init__(detail, code=code, partner=partner)
        self.retry_after = retry_after


class PartnerUnreachable(Unchecked):
    """`retry_after` is in seconds, when the partner asked for a pause; `timed_out`: it was
    reached, and the time was over before its answer was whole."""

    default_code = "link.unreachable"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        timed_out: bool = False,
        **where: object,
    ) -> None:
        super().__init__(detail, code=code, **where)
        self.retry_after = retry_after
        self.timed_out = timed_out
