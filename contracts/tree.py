"""Hash trees after RFC 6962, section 2.1: root, inclusion path, consistency proof.

The digest is a parameter, so both suites share these functions. Leaves and nodes are
hashed under different prefixes (0x00, 0x01), which keeps a node from posing as a leaf.
Paths list the siblings from the leaf upwards. All functions are pure.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

Digest: TypeAlias = Callable[[bytes], bytes]
Node = TypeVar("Node")

MAX_TREE_SIZE = 1 << 40


def leaf_hash(digest: Digest, leaf: bytes) -> bytes:
    """Hash of one leaf: digest(0x00 || leaf)."""
    return digest(b"\x00" + leaf)


def node_hash(digest: Digest, left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: digest(0x01 || left || right)."""
    return digest(b"\x01" + left + right)


def root(digest: Digest, leaves: Sequence[bytes]) -> bytes:
    """Root over leaf hashes. The root of no leaves is the digest of nothing."""
    return levels(digest, leaves)[-1][0] if leaves else digest(b"")


def levels(digest: Digest, leaves: Sequence[bytes]) -> list[list[bytes]]:
    """All levels over at least one leaf hash, leaves first, the root alone in the last.

    A lone last node rises unhashed, as in RFC 6962.
    """
    tree = [list(leaves)]
    while len(level := tree[-1]) > 1:
        above = [digest(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        if len(level) & 1:
            above.append(level[-1])
        tree.append(above)
    return tree


def paths(tree: Sequence[Sequence[Node]]) -> list[list[Node]]:
    """The inclusion path of every leaf of `levels`, in order; nodes may be of any type."""
    found: list[list[Node]] = []
    for leaf in range(len(tree[0])):
        path, position = [], leaf
        for level in tree[:-1]:
            sibling = position ^ 1
            if sibling < len(level):
                path.append(level[sibling])
            position >>= 1
        found.append(path)
    return found


def inclusion_paths(digest: Digest, leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """Root and, for each leaf, its path, in one pass over the tree."""
    if not leaves:
        return digest(b""), []
    tree = levels(digest, leaves)
    return tree[-1][0], paths(tree)


def root_from_path(
    digest: Digest, leaf: bytes, index: int, size: int, path: Sequence[bytes]
) -> bytes | None:
    """Root that `leaf` (a leaf hash) at `index` in a tree of `size` leads to along `path`.

    None when the path has not the length that index and size demand (RFC 9162, 2.1.3.2).
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        return None
    position, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if position & 1 or position == last:
            node = node_hash(digest, sibling, node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(digest, node, sibling)
        position >>= 1
        last >>= 1
    return node if last == 0 else None


def consistency_proof(digest: Digest, leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Proof that the tree over the first `old_size` leaves is a prefix (RFC 6962, 2.1.2).

    Raises ValueError unless 0 < old_size <= len(leaves).
    """
    if not 0 < old_size <= len(leaves):
        raise ValueError(f"old_size {old_size} is not within 1..{len(leaves)}")
    return _subproof(digest, leaves, old_size, whole=True)


def verify_consistency(
    digest: Digest,
    old_size: int,
    old_root: bytes,
    size: int,
    new_root: bytes,
    proof: Sequence[bytes],
) -> bool:
    """Whether `proof` shows that the tree of `size` extends the tree of `old_size`.

    RFC 9162, section 2.1.4.2.
    """
    if not 0 < old_size <= size <= MAX_TREE_SIZE:
        return False
    if old_size == size:
        return not proof and old_root == new_root
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    first, last = old_size - 1, size - 1
    while first & 1:
        first >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old, new = node_hash(digest, step, old), node_hash(digest, step, new)
            while not first & 1 and first:
                first >>= 1
                last >>= 1
        else:
            new = node_hash(digest, new, step)
        first >>= 1
        last >>= 1
    return last == 0 and old == old_root and new == new_root


def _subproof(
    digest: Digest, leaves: Sequence[bytes], old_size: int, *, whole: bool
) -> list[bytes]:
    size = len(leaves)
    if old_size == size:
        return [] if whole else [root(digest, leaves)]
    split = 1 << ((size - 1).bit_length() - 1)
    if old_size <= split:
        proof = _subproof(digest, leaves[:split], old_size, whole=whole)
        return [*proof, root(digest, leaves[split:])]
    proof = _subproof(digest, leaves[split:], old_size - split, whole=False)
    return [*proof, root(digest, leaves[:split])]
