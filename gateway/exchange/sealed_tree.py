"""Make a seal: hash the leaves into a tree, sign its root, keep what proves each leaf."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.seal import Seal
from contracts.tree import levels, paths
from gateway.exchange.home import Home
from gateway.records import SealOf, SealRecord, seal_id


@dataclass(frozen=True, slots=True)
class SealedTree:
    """A seal of ours and, for each leaf in order, its path as hex digests."""

    seal: Seal
    record: SealRecord
    paths: list[list[str]]


async def seal_leaves(
    home: Home, typ: str, audience: str, leaves: Sequence[bytes], *, answers: str | None = None
) -> SealedTree:
    """One signature over all `leaves` (leaf hashes, in order), made out to `audience`."""
    tree = levels(home.suite.digest, leaves)
    hex_tree = [[node.hex() for node in level] for level in tree]
    now = home.clock.now()
    seal = Seal.model_validate(
        {
            "iss": home.code,
            "aud": audience,
            "iat": int(now.timestamp()),
            "jti": home.new_id(),
            "digest": home.suite.digest_name,
            "size": len(leaves),
            "root": hex_tree[-1][0],
            "answers": answers,
        }
    )
    token = await home.signer.sign(seal.to_json(), typ)
    record = SealRecord(
        id=seal_id(token),
        of=SealOf.BATCH if answers is None else SealOf.RECEIPTS,
        issuer=seal.iss,
        audience=seal.aud,
        token=token,
        leaves=b"".join(leaves),
        at=int(now.timestamp() * 1000),
    )
    return SealedTree(seal, record, paths(hex_tree))
