"""Hash trees of any size: what belongs verifies, and nothing else does."""

from hashlib import sha256

from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.tree import (
    consistency_proof,
    inclusion_paths,
    leaf_hash,
    node_hash,
    root,
    root_from_path,
    verify_consistency,
)

MOST = 70


def digest(data: bytes) -> bytes:
    return sha256(data).digest()


def tree(size: int) -> list[bytes]:
    """Hashes of `size` leaves, all different."""
    return [leaf_hash(digest, index.to_bytes(4, "big")) for index in range(size)]


def root_by_definition(leaves: list[bytes]) -> bytes:
    """Root as RFC 6962, section 2.1 words it: by recursion at the largest power of two."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = root_by_definition(leaves[:split]), root_by_definition(leaves[split:])
    return node_hash(digest, left, right)


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit turned over."""
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)


sizes = st.integers(1, MOST)
bits = st.integers(0, 255)
places = st.integers(0, MOST - 1)


@st.composite
def positions(draw: st.DrawFn) -> tuple[int, int]:
    """An index and the size of a tree that has it."""
    size = draw(sizes)
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw: st.DrawFn) -> tuple[int, int]:
    """An old size and a larger new one."""
    size = draw(st.integers(2, MOST))
    return draw(st.integers(1, size - 1)), size


@given(sizes)
def test_the_root_is_that_of_the_definition(size: int) -> None:
    assert root(digest, tree(size)) == root_by_definition(tree(size))


@given(sizes)
def test_every_path_leads_to_the_root(size: int) -> None:
    leaves = tree(size)
    top, paths = inclusion_paths(digest, leaves)
    assert top == root(digest, leaves)
    for index, (leaf, path) in enumerate(zip(leaves, paths, strict=True)):
        assert root_from_path(digest, leaf, index, size, path) == top


@given(positions(), bits)
def test_an_altered_leaf_leads_elsewhere(position: tuple[int, int], bit: int) -> None:
    index, size = position
    leaves = tree(size)
    top, paths = inclusion_paths(digest, leaves)
    assert root_from_path(digest, flipped(leaves[index], bit), index, size, paths[index]) != top


@given(positions(), places, bits)
def test_an_altered_path_leads_elsewhere(position: tuple[int, int], place: int, bit: int) -> None:
    index, size = position
    assume(size > 1)
    leaves = tree(size)
    top, paths = inclusion_paths(digest, leaves)
    path = paths[index]
    path[place % len(path)] = flipped(path[place % len(path)], bit)
    assert root_from_path(digest, leaves[index], index, size, path) != top


@given(positions(), places)
def test_another_index_leads_elsewhere(position: tuple[int, int], other: int) -> None:
    index, size = position
    assume(other != index)
    leaves = tree(size)
    top, paths = inclusion_paths(digest, leaves)
    assert root_from_path(digest, leaves[index], other, size, paths[index]) != top


@given(positions(), st.permutations(range(7)))
def test_a_path_in_another_order_leads_elsewhere(
    position: tuple[int, int], order: list[int]
) -> None:
    index, size = position
    leaves = tree(size)
    top, paths = inclusion_paths(digest, leaves)
    path = paths[index]
    shuffled = [path[place] for place in order if place < len(path)]
    assume(shuffled != path)
    assert root_from_path(digest, leaves[index], index, size, shuffled) != top


@given(positions(), st.integers(1, 3))
def test_a_path_of_the_wrong_length_leads_nowhere(position: tuple[int, int], surplus: int) -> None:
    index, size = position
    leaves = tree(size)
    _, paths = inclusion_paths(digest, leaves)
    path = paths[index]
    longer = [*path, *[leaves[0]] * surplus]
    assert root_from_path(digest, leaves[index], index, size, longer) is None
    if path:
        assert root_from_path(digest, leaves[index], index, size, path[:-1]) is None
        assert root_from_path(digest, leaves[index], index, size, path[1:]) is None


@given(positions(), sizes)
def test_a_size_that_asks_for_another_path_leads_nowhere(
    position: tuple[int, int], other: int
) -> None:
    """A path does not fix the size by itself; one of another length is refused outright."""
    index, size = position
    assume(index < other)
    leaves = tree(size)
    _, paths = inclusion_paths(digest, leaves)
    _, others = inclusion_paths(digest, tree(other))
    assume(len(others[index]) != len(paths[index]))
    assert root_from_path(digest, leaves[index], index, other, paths[index]) is None


@given(growths())
def test_a_tree_that_grew_is_consistent(growth: tuple[int, int]) -> None:
    old_size, size = growth
    leaves = tree(size)
    old_root, new_root = root(digest, leaves[:old_size]), root(digest, leaves)
    proof = consistency_proof(digest, leaves, old_size)
    assert verify_consistency(digest, old_size, old_root, size, new_root, proof)


@given(growths(), places, bits)
def test_an_altered_proof_is_refused(growth: tuple[int, int], place: int, bit: int) -> None:
    old_size, size = growth
    leaves = tree(size)
    old_root, new_root = root(digest, leaves[:old_size]), root(digest, leaves)
    proof = consistency_proof(digest, leaves, old_size)
    proof[place % len(proof)] = flipped(proof[place % len(proof)], bit)
    assert not verify_consistency(digest, old_size, old_root, size, new_root, proof)


@given(growths(), bits)
def test_altered_roots_are_refused(growth: tuple[int, int], bit: int) -> None:
    old_size, size = growth
    leaves = tree(size)
    old_root, new_root = root(digest, leaves[:old_size]), root(digest, leaves)
    proof = consistency_proof(digest, leaves, old_size)
    altered_old, altered_new = flipped(old_root, bit), flipped(new_root, bit)
    assert not verify_consistency(digest, old_size, altered_old, size, new_root, proof)
    assert not verify_consistency(digest, old_size, old_root, size, altered_new, proof)


@given(growths())
def test_a_proof_of_the_wrong_length_is_refused(growth: tuple[int, int]) -> None:
    old_size, size = growth
    leaves = tree(size)
    old_root, new_root = root(digest, leaves[:old_size]), root(digest, leaves)
    proof = consistency_proof(digest, leaves, old_size)
    for wrong in (proof[:-1], proof[1:], [*proof, leaves[0]], [leaves[0], *proof]):
        assert not verify_consistency(digest, old_size, old_root, size, new_root, wrong)


@given(growths(), growths())
def test_sizes_that_ask_for_another_proof_are_refused(
    growth: tuple[int, int], claimed: tuple[int, int]
) -> None:
    """A proof does not fix the sizes by itself; one of another length is refused outright."""
    old_size, size = growth
    leaves = tree(size)
    old_root, new_root = root(digest, leaves[:old_size]), root(digest, leaves)
    proof = consistency_proof(digest, leaves, old_size)
    assume(len(proof) != len(consistency_proof(digest, tree(claimed[1]), claimed[0])))
    assert not verify_consistency(digest, claimed[0], old_root, claimed[1], new_root, proof)


@given(growths(), places, bits)
def test_a_rewritten_past_has_no_proof(growth: tuple[int, int], place: int, bit: int) -> None:
    """The attack itself: an old leaf is changed, and the proof is made from the new tree."""
    old_size, size = growth
    leaves = tree(size)
    old_root = root(digest, leaves[:old_size])
    leaves[place % old_size] = flipped(leaves[place % old_size], bit)
    proof = consistency_proof(digest, leaves, old_size)
    assert not verify_consistency(digest, old_size, old_root, size, root(digest, leaves), proof)
