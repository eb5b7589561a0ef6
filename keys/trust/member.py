"""A member city as the trust list publishes it: who it is, where it is, and its keys.

Models are frozen; fields that are not known yet are kept, so that a list made by a newer
version passes through an older one unchanged.
"""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

MemberCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
"""Region code of the city (GB/T 2260), for example 410100."""

RegionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9]{6})?$")]
"""Region code down to the county (6 digits) or the village (12 digits)."""

Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/[^\s?#]*)?$")]

Kid = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class _Published(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class KeyState(StrEnum):
    """What may be said of a key at a moment."""

    VALID = "valid"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    CLOSED = "closed"
    UNWITNESSED = "unwitnessed"
    """Closed as compromised, and nobody but the key itself says that this was before."""


class MemberKey(_Published):
    """A public key and its days. A key never leaves the list; it is only closed.

    So a signature of years ago can still be judged by the key of its day. `valid_from`
    belongs to the validity, `valid_to` and `closed_at` do not.
    """

    kid: Kid
    jwk: dict[str, Any]
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    closed_reason: str | None = None


class TlsPin(_Published):
    """A TLS certificate by the SHA-256 of its public key (SubjectPublicKeyInfo), and its days.

    `certificate` is the certificate itself, or that of the authority that issued it (DER in
    base64). Who dials needs the pin alone; who is dialled can only let in what it has seen.
    """

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    closed_reason: str | None = None
    certificate: Annotated[str, StringConstraints(max_length=24_000)] | None = None


class Contact(_Published):
    """Whom to call when something is wrong."""

    name: str | None = None
    telephone: str | None = None
    email: str | None = None


class Member(_Published):
    """One city. `jurisdictions` are the regions it speaks for, `address` is its gateway.

    `further_addresses` lead to the same gateway; `names` are those in other languages, by
    language tag; `log_keys` sign checkpoints of its log.
    """

    code: MemberCode
    name: str
    suite: Literal["sm", "intl"]
    jurisdictions: tuple[RegionCode, ...] = ()
    address: Address
    signing_keys: tuple[MemberKey, ...] = ()
    sealing_keys: tuple[MemberKey, ...] = ()
    names: dict[str, str] = {}
    further_addresses: tuple[Address, ...] = ()
    log_keys: tuple[MemberKey, ...] = ()
    tls_pins: tuple[TlsPin, ...] = ()
    contact: Contact | None = None

    @model_validator(mode="after")
    def _one_key_for_each_kid(self) -> "Member":
        keys = (*self.signing_keys, *self.sealing_keys, *self.log_keys)
        kids = Counter([*(key.kid for key in keys), *(pin.sha256 for pin in self.tls_pins)])
        if repeated := [kid for kid, count in kids.items() if count > 1]:
            raise ValueError(f"these kid stand twice: {', '.join(repeated)}")
        return self


class MemberList(_Published):
    """The document: every member once."""

    version: Annotated[int, Field(ge=1, le=1)] = 1
    members: tuple[Member, ...]

    @model_validator(mode="after")
    def _one_entry_for_each_member(self) -> "MemberList":
        codes = Counter(member.code for member in self.members)
        if repeated := [code for code, count in codes.items() if count > 1]:
            raise ValueError(f"these members stand twice: {', '.join(repeated)}")
        return self
