"""Seals: one signature over the root of a tree, made and checked.

Used for batches of messages, for the receipts that answer them, and years later by an
auditor. The order of checks: member, key, algorithm, signature, claims. Nothing of the
payload is believed before the signature holds, except which member to ask for keys.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from contracts.envelope import first_mistake
from contracts.errors import BatchRejected
from contracts.limits import CLOCK_SKEW_S
from contracts.seal import Seal
from contracts.tree import levels, paths, root_from_path
from keys.jws import unverified_claims, verify_jws
from keys.suites import SUITES
from keys.trust.trust_list import TrustList


def check_seal(
    token: str,
    typ: str,
    *,
    trust: TrustList,
    us: str | None,
    now: datetime | None,
    witnessed_at: datetime | None = None,
) -> Seal:
    """The claims of a seal whose signature holds.

    With `us` and `now`, the checks of a gateway: made out to us, and its time within
    `CLOCK_SKEW_S` of `now`. The key is judged at the time that the seal claims, as far as
    clocks may differ, and we are the witness that it is here now: whoever stole a key gains
    nothing by another time. Without them, the checks of an auditor: `witnessed_at` is when
    somebody else had the seal, see `keys.trust.key_judgement`.

    Raises BatchRejected (`seal.*`, `member.unknown`) or TrustUnavailable.
    """
    issuer, issued = _claimed(token)
    member = trust.member(issuer)
    at, seen = (issued, witnessed_at) if now is None else (_near(issued, now), now)
    payload = verify_jws(
        token, typ=typ, find=lambda kid: trust.verifying_key(issuer, kid, at, seen)
    )
    try:
        seal = Seal.model_validate_json(payload)
    except ValidationError as error:
        raise BatchRejected(first_mistake(error), code="seal.malformed", partner=issuer) from error
    digest_name = SUITES[member.suite].digest_name
    if seal.digest != digest_name:
        raise BatchRejected(
            f"digest {seal.digest}; the suite of {issuer} has {digest_name}",
            code="seal.algorithm",
            partner=issuer,
        )
    if us is not None and seal.aud != us:
        raise BatchRejected(
            f"made out to {seal.aud}, this is {us}", code="seal.audience", partner=issuer
        )
    if now is not None and abs(now.timestamp() - seal.iat) > CLOCK_SKEW_S:
        raise BatchRejected(
            f"sealed at {issued.isoformat()}, here it is {now.isoformat(timespec='seconds')}",
            code="seal.clock",
            partner=issuer,
        )
    return seal


def check_path(
    digest: Callable[[bytes], bytes], seal: Seal, leaf: bytes, index: int, path: Sequence[str]
) -> None:
    """Raise BatchRejected (`path.invalid`) unless leaf `index` is under the seal."""
    steps = [bytes.fromhex(step) for step in path]
    if root_from_path(digest, leaf, index, seal.size, steps) != bytes.fromhex(seal.root):
        raise BatchRejected(
            f"leaf {index} is not under the seal",
            code="path.invalid",
            partner=seal.iss,
            message=index,
        )


def check_paths(
    digest: Callable[[bytes], bytes],
    seal: Seal,
    leaves: Sequence[bytes],
    given: Sequence[Sequence[str]],
) -> None:
    """Check all leaves of a seal at once. Raises BatchRejected (`path.invalid`).

    Rebuilding the tree costs one digest a leaf, following each path one a level. Where the
    rebuilt tree has another root or another path, each path is followed to name the culprit.
    """
    tree = levels(digest, leaves)
    expected = paths([[node.hex() for node in level] for level in tree])
    if tree[-1][0].hex() == seal.root and all(map(_equal, expected, given)):
        return
    for index, leaf in enumerate(leaves):
        check_path(digest, seal, leaf, index, given[index])


def _near(moment: datetime, now: datetime) -> datetime:
    """`moment`, or the end of what clocks may differ by."""
    skew = timedelta(seconds=CLOCK_SKEW_S)
    return min(max(moment, now - skew), now + skew)


def _equal(expected: list[str], given: Sequence[str]) -> bool:
    return expected == list(given)


def _claimed(token: str) -> tuple[str, datetime]:
    """Issuer and time as the seal claims them: not to be believed yet."""
    claims = unverified_claims(token)
    issuer, issued = claims.get("iss"), claims.get("iat")
    if not isinstance(issuer, str) or not isinstance(issued, int) or not 0 <= issued < 1 << 37:
        raise BatchRejected("no issuer or no time", code="seal.malformed")
    return issuer, datetime.fromtimestamp(issued, UTC)
