"""SM2 as a key of TUF, and python-tuf's own client over a federation of ours."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import CryptoSigner, Key, Signature, Signer, SSlibKey
from tuf.api.exceptions import DownloadHTTPError
from tuf.api.metadata import Metadata, Root
from tuf.ngclient import FetcherInterface, Updater

from contracts.errors import KeyUnusable
from keys.stores.file import FileKeyStore
from keys.suites import SUITES
from keys.suites.p256 import P256SigningKey
from keys.suites.sm2_curve import N
from keys.suites.suite import SigningKey
from keys.trust.federation import tuf_keys
from keys.trust.federation.tuf_keys import SuiteSigner, public_jwk, tuf_key
from tests.doubles import federation
from tests.doubles.federation import Simulator, text_of

DATA = b"to be signed"
MAKERS: dict[str, Callable[[str], SigningKey]] = {
    "sm": SUITES["sm"].new_signing_key,
    "intl": SUITES["intl"].new_signing_key,
    "es256": P256SigningKey.generate,
}


def p384() -> CryptoSigner:
    return CryptoSigner.generate_ecdsa(scheme="ecdsa-sha2-nistp384")


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_key_signs_and_its_published_half_verifies(make: Callable[[str], SigningKey]) -> None:
    key = make("k")
    signature = SuiteSigner(key).sign(DATA)
    plain = tuf_key(key.public()).to_dict()
    read = Key.from_dict(signature.keyid, plain)
    read.verify_signature(signature, DATA)
    assert public_jwk(read) == key.public().jwk()
    assert tuf_keys.named(read).keyid == signature.keyid
    with pytest.raises(UnverifiedSignatureError):
        read.verify_signature(signature, DATA + b".")


def test_the_kinds_are_named_as_documented() -> None:
    plain = tuf_key(SUITES["sm"].new_signing_key("k").public()).to_dict()
    assert (plain["keytype"], plain["scheme"]) == ("sm2", "sm2-sm3")
    assert plain["keyval"]["public"][:2] == "04"
    assert len(plain["keyval"]["public"]) == 130


def test_keys_on_p256_are_those_of_plain_tuf() -> None:
    theirs = CryptoSigner.generate_ecdsa()
    ours = tuf_keys.named(theirs.public_key)
    assert (ours.keytype, ours.scheme) == ("ecdsa", "ecdsa-sha2-nistp256")
    assert ours.keyval == theirs.public_key.keyval
    ours.verify_signature(Signature(ours.keyid, theirs.sign(DATA).signature), DATA)


@pytest.mark.parametrize("make", [CryptoSigner.generate_rsa, p384], ids=["RSA", "P-384"])
def test_other_kinds_are_refused(make: Callable[[], CryptoSigner]) -> None:
    key = make().public_key
    with pytest.raises(KeyUnusable):
        public_jwk(key)
    with pytest.raises(KeyUnusable):
        public_jwk(SSlibKey(key.keyid, *tuf_keys.ES256, key.keyval))
    with pytest.raises(KeyUnusable):
        public_jwk(SSlibKey(key.keyid, *tuf_keys.ES256, {"public": "no PEM"}))


def bent(signature: str) -> Iterator[str]:
    r, s = signature[:64], signature[64:]
    zero, order = "0" * 64, f"{N:064x}"
    yield from (zero + s, r + zero, order + s, r + order, s + r, r, signature + "00", "")
    yield from (signature.upper(), f" {signature}", "zz" + signature[2:])


def test_no_other_spelling_of_a_signature_holds() -> None:
    key = SUITES["sm"].new_signing_key("k")
    signature, public = SuiteSigner(key).sign(DATA), tuf_key(key.public())
    for other in bent(signature.signature):
        if other != signature.signature:
            with pytest.raises(UnverifiedSignatureError):
                public.verify_signature(Signature(signature.keyid, other), DATA)


def test_no_other_point_is_a_key() -> None:
    good = tuf_key(SUITES["sm"].new_signing_key("k").public()).keyval["public"]
    wrong = (good.upper(), good[2:], "02" + good[2:66], good[:-2] + "00", "04" + "0" * 128, 4)
    for public in wrong:
        plain = {"keytype": "sm2", "scheme": "sm2-sm3", "keyval": {"public": public}}
        with pytest.raises(ValueError, match="SM2"):
            Key.from_dict("k", plain)


def test_a_key_file_signs_by_its_uri(tmp_path: Path) -> None:
    key = SUITES["sm"].new_signing_key("k")
    store = FileKeyStore(tmp_path / "keys", b"open sesame", iterations=1000)
    store.save_signing_key("k", key)
    uri = f"tongban:{tmp_path / 'keys' / 'k.pem'}"
    signer = Signer.from_priv_key_uri(uri, tuf_key(key.public()), lambda _: "open sesame")
    tuf_key(key.public()).verify_signature(signer.sign(DATA), DATA)
    other = tuf_key(SUITES["sm"].new_signing_key("k").public())
    with pytest.raises(ValueError, match="another public key"):
        Signer.from_priv_key_uri(uri, other, lambda _: "open sesame")


class _Fetcher(FetcherInterface):
    """Python-tuf's way in, over the files of a simulator."""

    def __init__(self, world: Simulator) -> None:
        self._world = world

    def _fetch(self, url: str) -> Iterator[bytes]:
        data = self._world.files.get(url.removeprefix("https://mirror.example/"))
        if data is None:
            raise DownloadHTTPError("none", 404)
        yield data


@pytest.mark.parametrize("suite", SUITES)
def test_the_client_of_python_tuf_reads_what_we_publish(
    suite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that we did not write, given nothing but the key type."""
    from datetime import UTC, datetime

    monkeypatch.setattr(federation, "NOW", datetime.now(UTC))
    world = Simulator(suite)
    world.now = datetime.now(UTC)
    world.publish()
    updater = Updater(
        str(tmp_path),
        "https://mirror.example/metadata",
        str(tmp_path),
        "https://mirror.example/targets",
        fetcher=_Fetcher(world),
        bootstrap=world.anchor,
    )
    info = updater.get_targetinfo("members/411000.json")
    assert info is not None
    file = Path(updater.download_target(info))
    assert file.read_bytes() == text_of(world.members["411000"])
    assert updater.get_targetinfo("members/999999.json") is None


def test_metadata_with_sm2_keys_survives_being_written_and_read() -> None:
    world = Simulator("sm")
    root = Metadata[Root].from_bytes(world.anchor)
    assert Metadata[Root].from_bytes(root.to_bytes()) == root
