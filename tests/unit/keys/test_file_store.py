"""Private keys in files: guarded, encrypted, and found only where they belong."""

from pathlib import Path

import pytest

from contracts.errors import KeyUnusable
from keys.stores import pbes2, pem, pkcs8
from keys.stores.file import FileKeyStore
from keys.suites import SUITES
from keys.suites.p256 import P256SigningKey
from keys.suites.suite import SigningKey, VerifyingKey
from tests.unit.keys.openssl_command import openssl

PASSPHRASE = b"correct horse battery staple"
ITERATIONS = 10
SIGNING = {
    "SM2": SUITES["sm"].new_signing_key("sign-1"),
    "Ed25519": SUITES["intl"].new_signing_key("sign-1"),
    "ES256": P256SigningKey.generate("sign-1"),
}
OPENING = {name: suite.new_opening_key("seal-1") for name, suite in SUITES.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(folder: Path) -> FileKeyStore:
    return FileKeyStore(folder, PASSPHRASE, iterations=ITERATIONS)


@pytest.fixture
def saved(store: FileKeyStore, folder: Path) -> Path:
    """The file of one saved signing key."""
    store.save_signing_key("sign-1", SIGNING["Ed25519"])
    return folder / "sign-1.pem"


def why_not(store: FileKeyStore, uri: str = "file:sign-1.pem") -> str:
    with pytest.raises(KeyUnusable) as refusal:
        store.signing_key(uri)
    assert PASSPHRASE.decode() not in str(refusal.value)
    return refusal.value.detail


@pytest.mark.parametrize("alg", SIGNING)
def test_round_trip_of_signing_keys(store: FileKeyStore, alg: str) -> None:
    key = SIGNING[alg]
    uri = store.save_signing_key("sign-1", key)
    assert uri == "file:sign-1.pem"
    again = store.signing_key(uri)
    assert (again.kid, again.alg) == ("sign-1", alg)
    assert again.public().jwk() == key.public().jwk()
    assert key.public().verify(again.sign(b"m"), b"m")


@pytest.mark.parametrize("suite", OPENING)
def test_round_trip_of_opening_keys(store: FileKeyStore, suite: str) -> None:
    key = OPENING[suite]
    again = store.opening_key(store.save_opening_key("seal-1.pem", key))
    assert (again.kid, again.suite) == ("seal-1", suite)
    assert again.unwrap(key.public().wrap(b"s" * 32, b"i"), b"i") == b"s" * 32


@pytest.mark.parametrize("alg", SIGNING)
def test_the_openssl_command_reads_them(store: FileKeyStore, folder: Path, alg: str) -> None:
    store.save_signing_key("sign-1", SIGNING[alg])
    passin = f"pass:{PASSPHRASE.decode()}"
    text = openssl("pkey", "-in", folder / "sign-1.pem", "-passin", passin, "-noout", "-text")
    expected = {"SM2": b"ASN1 OID: SM2", "Ed25519": b"ED25519", "ES256": b"NIST CURVE: P-256"}
    assert expected[alg] in text


@pytest.mark.parametrize("cipher", ["aes-256-cbc", "aes-128-cbc", "sm4-cbc"])
def test_we_read_what_the_openssl_command_encrypts(
    store: FileKeyStore, saved: Path, cipher: str
) -> None:
    passphrase = f"pass:{PASSPHRASE.decode()}"
    plain = openssl("pkey", "-in", saved, "-passin", passphrase)
    again = openssl("pkcs8", "-topk8", "-v2", cipher, "-passout", passphrase, data=plain)
    saved.write_bytes(again)
    assert store.signing_key("file:sign-1.pem").public().jwk() == SIGNING["Ed25519"].public().jwk()


def test_modes_as_written(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    assert saved.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in saved.parent.iterdir()] == ["sign-1.pem"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610])
def test_files_that_others_may_use(store: FileKeyStore, saved: Path, mode: int) -> None:
    saved.chmod(mode)
    assert "chmod 0600" in why_not(store)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_folders_that_others_may_use(store: FileKeyStore, saved: Path, mode: int) -> None:
    saved.parent.chmod(mode)
    assert "chmod 0700" in why_not(store)
    with pytest.raises(KeyUnusable, match="chmod 0700"):
        store.save_opening_key("seal-1", OPENING["sm"])


def test_symbolic_links_are_not_followed(store: FileKeyStore, saved: Path) -> None:
    saved.rename(saved.with_name("elsewhere"))
    saved.symlink_to("elsewhere")
    assert "cannot be read" in why_not(store)


def test_something_that_is_no_file(store: FileKeyStore, saved: Path) -> None:
    saved.unlink()
    saved.mkdir(mode=0o700)
    assert why_not(store) == "not a regular file"


def test_missing(store: FileKeyStore, saved: Path, tmp_path: Path) -> None:
    assert "No such file" in why_not(store, "file:sign-2.pem")
    assert "No such file" in why_not(FileKeyStore(tmp_path / "none", PASSPHRASE))


def test_wrong_passphrase(saved: Path) -> None:
    for wrong in (b"", b"correct horse", PASSPHRASE + b"\n"):
        why_not(FileKeyStore(saved.parent, wrong))


@pytest.mark.parametrize(
    "uri",
    [
        "file:../sign-1.pem", "file:/etc/passwd", "file:///etc/passwd", "file:a/b.pem",
        "file:..pem", "file:.pem", "file:.hidden.pem", "file:sign-1", "file:sign-1.pem\n",
        "file:sign-1.pem\0", "file:..%2fsign-1.pem", "file:sign-1.pem/", "file:\\sign-1.pem",
        "sign-1.pem", "FILE:sign-1.pem", "pkcs11:sign-1.pem", "file:file:sign-1.pem",
        "", "file:", "file:" + "k" * 101 + ".pem",
    ],
)  # fmt: skip
def test_uris_that_name_no_key_of_ours(store: FileKeyStore, saved: Path, uri: str) -> None:
    assert "not a key of this store" in why_not(store, uri)


def test_names_that_lead_out_of_the_folder(store: FileKeyStore) -> None:
    for name in ("../sign-1", "/etc/sign-1", "a/b", "..", ""):
        with pytest.raises(KeyUnusable, match="a key's name has"):
            store.save_signing_key(name, SIGNING["SM2"])


def test_a_file_bears_the_kid_of_its_key(store: FileKeyStore) -> None:
    with pytest.raises(KeyUnusable, match="kid"):
        store.save_signing_key("sign-2", SIGNING["SM2"])


def test_a_key_is_never_overwritten(store: FileKeyStore, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(KeyUnusable, match="never overwritten"):
        store.save_signing_key("sign-1", SIGNING["SM2"])
    assert saved.read_bytes() == before


def test_unencrypted_keys_are_refused(store: FileKeyStore, saved: Path) -> None:
    passin = f"pass:{PASSPHRASE.decode()}"
    saved.write_bytes(openssl("pkey", "-in", saved, "-passin", passin))
    assert "not a PEM file with one ENCRYPTED PRIVATE KEY" in why_not(store)


def test_unencrypted_sm2_key_is_refused(store: FileKeyStore, saved: Path) -> None:
    saved.write_bytes(openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"))
    assert "not a PEM file" in why_not(store)


def test_keys_of_the_wrong_kind(store: FileKeyStore) -> None:
    x25519 = store.save_opening_key("seal-1", OPENING["intl"])
    ed25519 = store.save_signing_key("sign-1", SIGNING["Ed25519"])
    assert "does not sign" in why_not(store, x25519)
    with pytest.raises(KeyUnusable, match="does not open"):
        store.opening_key(ed25519)


def test_keys_on_other_curves(store: FileKeyStore, saved: Path) -> None:
    plain = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
    passout = f"pass:{PASSPHRASE.decode()}"
    saved.write_bytes(openssl("pkcs8", "-topk8", "-passout", passout, data=plain))
    assert "P-256" in why_not(store)


def test_an_sm2_key_with_a_foreign_public_key(store: FileKeyStore, saved: Path) -> None:
    """The point of one key in the file of another, as a damaged file might have it."""
    one, other = (SUITES["sm"].new_signing_key("sign-1") for _ in range(2))
    points = [pkcs8.encode_signing_key(key)[-64:] for key in (one, other)]
    mixed = pkcs8.encode_signing_key(one).replace(points[0], points[1])
    encrypted = pbes2.encrypt(mixed, PASSPHRASE, iterations=ITERATIONS)
    saved.write_bytes(pem.encode(encrypted, "ENCRYPTED PRIVATE KEY"))
    why_not(store)
    with pytest.raises(KeyUnusable, match="does not belong"):
        store.opening_key("file:sign-1.pem")


@pytest.mark.parametrize("size", [0, 1, 100, 16 * 1024, 20 * 1024])
def test_garbage(store: FileKeyStore, saved: Path, size: int) -> None:
    saved.write_bytes(b"\x30" * size)
    why_not(store)


def test_every_damaged_byte_is_survived(store: FileKeyStore, saved: Path) -> None:
    """A damaged file is refused, or gives another key; nothing else is raised."""
    good = pem.decode(saved.read_bytes(), "ENCRYPTED PRIVATE KEY")
    outcomes: set[str] = set()
    for position in range(len(good)):
        damaged = bytearray(good)
        damaged[position] ^= 0x40
        saved.write_bytes(pem.encode(bytes(damaged), "ENCRYPTED PRIVATE KEY"))
        try:
            key = store.signing_key("file:sign-1.pem")
            same = key.public().jwk() == SIGNING["Ed25519"].public().jwk()
            outcomes.add("the same key" if same else "another key")
        except KeyUnusable as error:
            outcomes.add(error.code)
    assert outcomes <= {"key.unusable", "another key"}


def test_iterations_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that asks for more rounds than anyone means would stop the gateway's start."""
    encrypted = pbes2.encrypt(b"key", PASSPHRASE, iterations=ITERATIONS)
    monkeypatch.setattr(pbes2, "MAX_ITERATIONS", ITERATIONS - 1)
    with pytest.raises(ValueError, match="iterations"):
        pbes2.decrypt(encrypted, PASSPHRASE)


def test_keys_that_cannot_leave_their_token(store: FileKeyStore) -> None:
    class TokenKey:
        kid = "sign-1"
        alg = "SM2"

        def sign(self, data: bytes) -> bytes:
            return SIGNING["SM2"].sign(data)

        def public(self) -> VerifyingKey:
            return SIGNING["SM2"].public()

    key: SigningKey = TokenKey()
    with pytest.raises(KeyUnusable, match="cannot be written"):
        store.save_signing_key("sign-1", key)


def test_the_passphrase_stays_out_of_the_repr(store: FileKeyStore) -> None:
    assert "horse" not in repr(store)
