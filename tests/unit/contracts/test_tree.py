"""Hash trees: the test vectors that Certificate Transparency publishes for RFC 6962."""

from hashlib import sha256

import pytest

from contracts.tree import (
    MAX_TREE_SIZE,
    consistency_proof,
    inclusion_paths,
    leaf_hash,
    node_hash,
    root,
    root_from_path,
    verify_consistency,
)


def digest(data: bytes) -> bytes:
    return sha256(data).digest()


INPUTS = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
LEAVES = [leaf_hash(digest, bytes.fromhex(text)) for text in INPUTS]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
PATHS = {  # (leaf counted from 0, tree size): path
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
PROOFS = {  # (old size, size): consistency proof
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def unhex(texts: tuple[str, ...]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert root(digest, LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_published_inclusion_paths(index: int, size: int) -> None:
    published = unhex(PATHS[index, size])
    top, paths = inclusion_paths(digest, LEAVES[:size])
    assert top.hex() == ROOTS[size]
    assert paths[index] == published
    assert root_from_path(digest, LEAVES[index], index, size, published) == top


@pytest.mark.parametrize(("old_size", "size"), PROOFS)
def test_published_consistency_proofs(old_size: int, size: int) -> None:
    published = unhex(PROOFS[old_size, size])
    old_root, new_root = bytes.fromhex(ROOTS[old_size]), bytes.fromhex(ROOTS[size])
    assert consistency_proof(digest, LEAVES[:size], old_size) == published
    assert verify_consistency(digest, old_size, old_root, size, new_root, published)


def test_leaves_and_nodes_are_hashed_apart() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(digest, b"") == digest(b"\x00")
    assert node_hash(digest, left, right) == digest(b"\x01" + left + right)
    assert leaf_hash(digest, left + right) != node_hash(digest, left, right)


def test_no_leaves_have_a_root_and_no_paths() -> None:
    assert inclusion_paths(digest, []) == (bytes.fromhex(ROOTS[0]), [])


@pytest.mark.parametrize(
    ("index", "size"), [(-1, 8), (8, 8), (0, 0), (0, -1), (0, MAX_TREE_SIZE + 1)]
)
def test_an_impossible_index_or_size_leads_nowhere(index: int, size: int) -> None:
    assert root_from_path(digest, LEAVES[0], index, size, []) is None


def test_the_largest_tree_has_paths_of_forty() -> None:
    siblings = [LEAVES[1]] * 40
    assert root_from_path(digest, LEAVES[0], 0, MAX_TREE_SIZE, siblings) is not None
    assert root_from_path(digest, LEAVES[0], 0, MAX_TREE_SIZE, siblings[1:]) is None


@pytest.mark.parametrize("old_size", [-1, 0, 9])
def test_there_is_no_proof_from_an_impossible_size(old_size: int) -> None:
    with pytest.raises(ValueError, match=r"not within 1\.\.8"):
        consistency_proof(digest, LEAVES, old_size)


@pytest.mark.parametrize(
    ("old_size", "size"), [(0, 8), (-1, 8), (8, 7), (1, MAX_TREE_SIZE + 1), (0, 0)]
)
def test_impossible_sizes_are_never_consistent(old_size: int, size: int) -> None:
    old_root, new_root = bytes.fromhex(ROOTS[0]), bytes.fromhex(ROOTS[8])
    assert not verify_consistency(digest, old_size, old_root, size, new_root, [])


def test_a_tree_is_consistent_with_itself_without_a_proof() -> None:
    top = bytes.fromhex(ROOTS[8])
    assert verify_consistency(digest, 8, top, 8, top, [])
    assert not verify_consistency(digest, 8, top, 8, top, [top])
    assert not verify_consistency(digest, 8, top, 8, bytes.fromhex(ROOTS[7]), [])


@pytest.mark.parametrize("old_size", range(1, 8))
def test_growth_needs_a_proof(old_size: int) -> None:
    old_root, new_root = bytes.fromhex(ROOTS[old_size]), bytes.fromhex(ROOTS[8])
    assert not verify_consistency(digest, old_size, old_root, 8, new_root, [])


@pytest.mark.parametrize(
    ("grown", "claimed"), [((7, 8), (3, 4)), ((3, 4), (7, 8)), ((2, 4), (2, 8)), ((2, 8), (2, 4))]
)
def test_a_proof_does_not_serve_trees_of_another_height(
    grown: tuple[int, int], claimed: tuple[int, int]
) -> None:
    """The hashes alone would fit 7 to 8 where 3 to 4 is claimed: the length must tell."""
    old_root, new_root = (root(digest, LEAVES[:size]) for size in grown)
    proof = consistency_proof(digest, LEAVES[: grown[1]], grown[0])
    assert verify_consistency(digest, grown[0], old_root, grown[1], new_root, proof)
    assert not verify_consistency(digest, claimed[0], old_root, claimed[1], new_root, proof)
