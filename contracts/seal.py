"""The claims of a seal: one signature over the root of a tree of envelopes or receipts.

A seal is a compact JWS (RFC 7515). Its header holds exactly `alg`, `kid` and `typ`; the
types keep a seal over receipts from posing as a seal over messages.
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts import limits
from contracts.envelope import HexDigest, MemberCode
from contracts.ids import MessageId
from contracts.model import Model

BATCH_TYPE = "tongban.batch"
RECEIPTS_TYPE = "tongban.receipts"


class Seal(Model):
    """Payload of the JWS. `iat` is in whole seconds since 1970 (NumericDate)."""

    iss: MemberCode
    aud: MemberCode
    iat: Annotated[int, Field(ge=0, le=1 << 40)]
    jti: MessageId
    digest: Literal["sm3", "sha-256"]
    size: Annotated[int, Field(ge=1, le=limits.BATCH_MESSAGES)]
    root: HexDigest
    answers: MessageId | None = None  # receipts: the `jti` of the batch they answer
