"""What every suite owes, run on each of them; on `sm` with both libraries for SM2."""

from collections.abc import Callable

import pytest

from contracts import tree
from contracts.errors import MessageRefused
from keys.sealing import Opener, Sealer, salted_digest
from keys.suites import DIGESTS, SUITES
from keys.suites.jwk import sealing_key, verifying_key
from keys.suites.p256 import P256SigningKey
from keys.suites.sm2 import Sm2SigningKey, Sm2VerifyingKey
from keys.suites.sm2_engines import gmssl, tongsuo
from keys.suites.suite import SigningKey, Suite

SECRET = bytes(range(32))
MESSAGE = b"the root of a batch"


@pytest.fixture(params=list(SUITES.values()), ids=list(SUITES))
def suite(request: pytest.FixtureRequest) -> Suite:
    found: Suite = request.param
    return found


SIGNERS: dict[str, Callable[[], SigningKey]] = {
    "sm": lambda: SUITES["sm"].new_signing_key("a"),
    "sm-tongsuo": lambda: Sm2SigningKey.generate("a", tongsuo()),
    "sm-gmssl": lambda: Sm2SigningKey.generate("a", gmssl()),
    "intl": lambda: SUITES["intl"].new_signing_key("a"),
    "es256": lambda: P256SigningKey.generate("a"),
}


@pytest.fixture(params=list(SIGNERS.values()), ids=list(SIGNERS))
def signer(request: pytest.FixtureRequest) -> SigningKey:
    key: SigningKey = request.param()
    return key


def test_table_names_its_rows(suite: Suite) -> None:
    assert SUITES[suite.name] is suite
    assert DIGESTS[suite.digest_name](b"abc") == suite.digest(b"abc")
    assert len(suite.digest(b"")) == 32


def test_signature_holds_for_its_data_alone(signer: SigningKey) -> None:
    signature = signer.sign(MESSAGE)
    public = signer.public()
    assert len(signature) == 64
    assert public.verify(signature, MESSAGE)
    assert not public.verify(signature, MESSAGE + b"!")
    assert not public.verify(signature, b"")


def test_every_changed_byte_breaks_the_signature(signer: SigningKey) -> None:
    signature = signer.sign(MESSAGE)
    for position in range(0, 64, 7):
        changed = bytearray(signature)
        changed[position] ^= 1
        assert not signer.public().verify(bytes(changed), MESSAGE)


def test_another_key_does_not_verify(suite: Suite) -> None:
    signature = suite.new_signing_key("a").sign(MESSAGE)
    assert not suite.new_signing_key("a").public().verify(signature, MESSAGE)


def test_signing_key_and_its_jwk_agree(signer: SigningKey) -> None:
    public = verifying_key(signer.kid, signer.public().jwk())
    assert (public.kid, public.alg) == (signer.kid, signer.alg)
    assert public.jwk() == signer.public().jwk()
    assert "d" not in public.jwk()
    assert public.verify(signer.sign(MESSAGE), MESSAGE)


def test_both_engines_of_sm2_verify_each_other() -> None:
    for signing, verifying in ((tongsuo(), gmssl()), (gmssl(), tongsuo())):
        key = Sm2SigningKey.generate("a", signing)
        other = Sm2VerifyingKey("a", key.public().point, verifying)
        for message in (b"", MESSAGE, bytes(100_000)):
            assert other.verify(key.sign(message), message)


def test_one_signature_seals_a_batch(suite: Suite) -> None:
    envelopes = [f"envelope {number}".encode() for number in range(5)]
    leaves = [tree.leaf_hash(suite.digest, envelope) for envelope in envelopes]
    root, paths = tree.inclusion_paths(suite.digest, leaves)
    key = suite.new_signing_key("a")
    signature = key.sign(root)
    for index, (leaf, path) in enumerate(zip(leaves, paths, strict=True)):
        found = tree.root_from_path(suite.digest, leaf, index, len(leaves), path)
        assert found is not None
        assert key.public().verify(signature, found)


def test_part_key_is_determined_by_secret_and_info(suite: Suite) -> None:
    key = suite.part_key(SECRET, b"message 1, part 0")
    assert key == suite.part_key(SECRET, b"message 1, part 0")
    assert (len(key.nonce), len(key.salt)) == (12, 16)
    assert len(key.key) == {"sm": 16, "intl": 32}[suite.name]
    others = [suite.part_key(SECRET, b"message 1, part 1"), suite.part_key(bytes(32), b"x")]
    for other in others:
        assert all(mine != theirs for mine, theirs in zip(key, other, strict=True))


def test_part_key_needs_a_whole_secret(suite: Suite) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        suite.part_key(b"short", b"info")


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 2048, 100_000])
def test_decrypt_undoes_encrypt(suite: Suite, size: int) -> None:
    key = suite.part_key(SECRET, b"info")
    plain = bytes(size)
    sealed = suite.encrypt(key, plain, b"aad")
    assert len(sealed) == size + 16
    assert suite.decrypt(key, sealed, b"aad") == plain


def test_changed_parts_are_unreadable(suite: Suite) -> None:
    key = suite.part_key(SECRET, b"info")
    sealed = suite.encrypt(key, b"form", b"aad")
    flipped = bytes([sealed[0] ^ 1]) + sealed[1:]
    for bad, aad in (
        (flipped, b"aad"),
        (sealed[:-1], b"aad"),
        (sealed + b"x", b"aad"),
        (sealed, b"other"),
        (sealed[:15], b"aad"),
        (b"", b"aad"),
    ):
        with pytest.raises(MessageRefused) as refusal:
            suite.decrypt(key, bad, aad)
        assert refusal.value.code == "part.unreadable"
    with pytest.raises(MessageRefused):
        suite.decrypt(suite.part_key(SECRET, b"other"), sealed, b"aad")


def test_unwrap_undoes_wrap(suite: Suite) -> None:
    key = suite.new_opening_key("seal-1")
    public = sealing_key("seal-1", key.public().jwk())
    assert public.suite == key.suite == suite.name
    wrapped = public.wrap(SECRET, b"context")
    assert key.unwrap(wrapped, b"context") == SECRET
    assert public.wrap(SECRET, b"context") != wrapped


def test_unwrap_refuses_what_was_not_wrapped_so(suite: Suite) -> None:
    key = suite.new_opening_key("seal-1")
    wrapped = key.public().wrap(SECRET, b"context")
    flipped = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    for bad, info in (
        (wrapped, b"other"),
        (wrapped, b""),
        (flipped, b"context"),
        (wrapped[:-1], b"context"),
        (wrapped + b"\0", b"context"),
        (b"", b"context"),
        (bytes(80), b"context"),
        (key.public().wrap(SECRET[:31], b"context"), b"context"),
    ):
        with pytest.raises(MessageRefused) as refusal:
            key.unwrap(bad, info)
        assert refusal.value.code == "part.unreadable"
    with pytest.raises(MessageRefused):
        suite.new_opening_key("seal-1").unwrap(wrapped, b"context")


def test_what_a_sealer_seals_an_opener_opens(suite: Suite) -> None:
    key = suite.new_opening_key("seal-1")
    epoch = Sealer(suite, key.public(), b"410100 to 440100").epoch(0.0)
    sealed = [epoch.seal(f"part {number}".encode(), f"m1/{number}".encode()) for number in range(3)]
    opener = Opener(suite, {key.kid: key}, b"410100 to 440100")
    for number in (2, 0, 1):
        opened = opener.open(
            epoch.key_id, epoch.wrapped, sealed[number].sealed, f"m1/{number}".encode()
        )
        assert opened == (f"part {number}".encode(), sealed[number].salt)
    assert len({part.salt for part in sealed}) == 3


def test_salted_digest_hides_the_plain_digest(suite: Suite) -> None:
    salted = salted_digest(suite.digest, b"s" * 16, b"form")
    assert salted == suite.digest(b"s" * 16 + b"form")
    assert salted != suite.digest(b"form")
