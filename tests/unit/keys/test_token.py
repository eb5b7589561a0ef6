"""A PKCS #11 token: keys never leave it, it may go and come back, and its PIN is not spent."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pkcs11
import pytest
from pkcs11 import Attribute, MechanismFlag, ObjectClass, TokenFlag
from pkcs11.exceptions import AttributeSensitive

from contracts.errors import KeyUnavailable, KeyUnusable, MessageRefused, TongbanError
from gateway.signer import ThreadSigner
from keys.jws import verify_jws
from keys.stores.file import FileKeyStore
from keys.stores.pkcs11 import Pkcs11KeyStore
from keys.stores.token import one_try_left
from keys.suites import SUITES
from keys.trust.federation.tuf_keys import SuiteSigner
from tests.processes.softhsm import LABEL, PIN, SoftHsm, forget, token_in_use

INTL = SUITES["intl"]
SECRET = b"s" * 32


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHsm]:
    with token_in_use(SoftHsm(tmp_path), monkeypatch) as hsm:
        yield hsm


@pytest.fixture
def store(hsm: SoftHsm) -> Iterator[Pkcs11KeyStore]:
    store = Pkcs11KeyStore(hsm.module, LABEL, PIN)
    yield store
    store.close()


def test_a_key_never_leaves_its_token(hsm: SoftHsm, store: Pkcs11KeyStore) -> None:
    store.new_signing_key(INTL, "sign-1")
    store.new_opening_key(INTL, "open-1")
    token = pkcs11.lib(str(hsm.module)).get_token(token_label=LABEL)
    with token.open() as session:  # the store's login holds for the whole process
        for label, derives in (("sign-1", False), ("open-1", True)):
            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
            with pytest.raises(AttributeSensitive):
                key[Attribute.VALUE]
            for always in (
                Attribute.TOKEN,
                Attribute.PRIVATE,
                Attribute.SENSITIVE,
                Attribute.ALWAYS_SENSITIVE,
                Attribute.NEVER_EXTRACTABLE,
            ):
                assert key[always] is True
            assert key[Attribute.EXTRACTABLE] is False
            assert (key[Attribute.DERIVE], key[Attribute.SIGN]) == (derives, not derives)


def test_a_key_cannot_be_written_to_a_file(store: Pkcs11KeyStore, tmp_path: Path) -> None:
    key = store.signing_key(store.new_signing_key(INTL, "sign-1"))
    with pytest.raises(KeyUnusable, match="cannot be written to a file"):
        FileKeyStore(tmp_path / "keys", b"open sesame", iterations=10).save_signing_key(
            "sign-1", key
        )


def test_opening_leaves_nothing_in_the_token(hsm: SoftHsm, store: Pkcs11KeyStore) -> None:
    key = store.opening_key(store.new_opening_key(INTL, "open-1"))
    key.unwrap(key.public().wrap(SECRET, b"i"), b"i")
    token = pkcs11.lib(str(hsm.module)).get_token(token_label=LABEL)
    with token.open() as session:
        assert not list(session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}))


def test_what_was_not_sealed_to_a_key_is_the_senders_fault(store: Pkcs11KeyStore) -> None:
    key = store.opening_key(store.new_opening_key(INTL, "open-1"))
    wrapped = key.public().wrap(SECRET, b"i")
    other = INTL.new_opening_key("x").public().wrap(SECRET, b"i")
    short = key.public().wrap(SECRET[:31], b"i")
    flipped = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
    small_order = bytes(32) + wrapped[32:]
    for bad in (b"", wrapped[:31], wrapped[:-1], flipped, small_order, other, short):
        with pytest.raises(MessageRefused) as refusal:
            key.unwrap(bad, b"i")
        assert refusal.value.code == "part.unreadable"
    with pytest.raises(MessageRefused):
        key.unwrap(wrapped, b"j")


@pytest.mark.parametrize("without", ["", "CKM_EDDSA"], ids=["Ed25519", "ES256"])
def test_a_federation_is_signed_in_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    with token_in_use(SoftHsm(tmp_path, without=without), monkeypatch) as hsm:
        store = Pkcs11KeyStore(hsm.module, LABEL, PIN)
        signer = SuiteSigner(store.signing_key(store.new_signing_key(INTL, "member-1")))
        signer.public_key.verify_signature(signer.sign(b"root"), b"root")
        store.close()


# --- what a token cannot ------------------------------------------------------------------------


def test_it_makes_no_keys_of_the_suite_sm(store: Pkcs11KeyStore) -> None:
    for make in (store.new_signing_key, store.new_opening_key):
        with pytest.raises(KeyUnusable) as refusal:
            make(SUITES["sm"], "sign-1")
        assert refusal.value.code == "key.token_cannot"
    assert not store.uris()


@pytest.mark.parametrize(
    ("without", "alg"), [("CKM_EDDSA", "ES256"), ("CKM_EC_EDWARDS_KEY_PAIR_GEN", "ES256")]
)
def test_it_signs_with_es256_where_it_has_no_ed25519(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str, alg: str
) -> None:
    with token_in_use(SoftHsm(tmp_path, without=without), monkeypatch) as hsm:
        store = Pkcs11KeyStore(hsm.module, LABEL, PIN)
        assert store.signing_key(store.new_signing_key(INTL, "sign-1")).alg == alg
        store.close()


@pytest.mark.parametrize("without", ["CKM_ECDH1_DERIVE", "CKM_EDDSA,CKM_ECDSA"])
def test_it_says_what_it_does_not_offer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    with token_in_use(SoftHsm(tmp_path, without=without), monkeypatch) as hsm:
        store = Pkcs11KeyStore(hsm.module, LABEL, PIN)
        make = store.new_opening_key if "DERIVE" in without else store.new_signing_key
        with pytest.raises(KeyUnusable, match="it offers") as refusal:
            make(INTL, "a-1")
        assert refusal.value.code == "key.token_cannot"
        store.close()


def test_a_key_that_was_put_there_must_be_whole(hsm: SoftHsm, store: Pkcs11KeyStore) -> None:
    """Its public half under the same label, on a curve of ours, and belonging to it."""
    first, second = (store.new_signing_key(INTL, kid) for kid in ("sign-1", "sign-2"))
    token = pkcs11.lib(str(hsm.module)).get_token(token_label=LABEL)
    with token.open(rw=True) as session:
        session.get_key(object_class=ObjectClass.PUBLIC_KEY, label="sign-1").destroy()
        session.generate_keypair(
            pkcs11.KeyType.RSA, 1024, store=True, label="rsa", capabilities=MechanismFlag.SIGN
        )
        with pytest.raises(KeyUnusable, match="no such key"):
            store.signing_key(first)
        stranger = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label="sign-2")
        stranger.copy({Attribute.LABEL: "sign-1"})
        with pytest.raises(KeyUnusable, match="does not hold under the public key"):
            store.signing_key(first)
        stranger.copy({Attribute.LABEL: "sign-2"})
        with pytest.raises(KeyUnusable, match="or several"):
            store.signing_key(second)


# --- a token that goes and comes back -----------------------------------------------------------


def test_a_lost_session_is_opened_again(hsm: SoftHsm, store: Pkcs11KeyStore) -> None:
    key = store.signing_key(store.new_signing_key(INTL, "sign-1"))
    opening = store.opening_key(store.new_opening_key(INTL, "open-1"))
    wrapped = opening.public().wrap(SECRET, b"i")
    for _ in range(3):
        forget(hsm.module)
        assert key.public().verify(key.sign(b"root"), b"root")
        forget(hsm.module)
        assert opening.unwrap(wrapped, b"i") == SECRET


def test_a_token_that_is_gone_and_comes_back(hsm: SoftHsm, store: Pkcs11KeyStore) -> None:
    key = store.signing_key(store.new_signing_key(INTL, "sign-1"))
    opening = store.opening_key(store.new_opening_key(INTL, "open-1"))
    wrapped = opening.public().wrap(SECRET, b"i")
    away = hsm.tokens.rename(hsm.tokens.with_name("away"))
    for work in (
        lambda: key.sign(b"root"),
        lambda: opening.unwrap(wrapped, b"i"),
        store.uris,
        lambda: store.new_signing_key(INTL, "sign-2"),
    ):
        with pytest.raises(KeyUnavailable) as trouble:
            work()
        assert (trouble.value.code, trouble.value.reason.retry) == ("key.token_gone", True)
        assert trouble.value.reason.status == 503
    away.rename(hsm.tokens)
    assert key.public().verify(key.sign(b"root"), b"root")
    assert opening.unwrap(wrapped, b"i") == SECRET


def test_a_token_that_lost_a_key_in_use(hsm: SoftHsm, store: Pkcs11KeyStore) -> None:
    """Another one of the same label, say: what is to be opened can wait for the right one."""
    key = store.signing_key(store.new_signing_key(INTL, "sign-1"))
    token = pkcs11.lib(str(hsm.module)).get_token(token_label=LABEL)
    with token.open(rw=True) as session:
        session.get_key(object_class=ObjectClass.PRIVATE_KEY, label="sign-1").destroy()
        with pytest.raises(KeyUnavailable, match="no longer holds"):
            key.sign(b"root")


def test_a_token_that_is_not_there_at_first(hsm: SoftHsm) -> None:
    with pytest.raises(KeyUnavailable, match="no token of this label"):
        Pkcs11KeyStore(hsm.module, "another", PIN)
    hsm.add("another")
    store = Pkcs11KeyStore(hsm.module, "another", PIN)
    assert not store.uris()
    store.close()


def test_a_file_that_is_no_module(tmp_path: Path) -> None:
    file = tmp_path / "module.so"
    file.write_bytes(b"no library")
    with pytest.raises(KeyUnusable, match="cannot be loaded"):
        Pkcs11KeyStore(file, LABEL, PIN)


def test_a_call_that_does_not_come_back(
    hsm: SoftHsm, store: Pkcs11KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs one wait, not one for each message; and when it comes back, all goes on."""
    key = store.signing_key(store.new_signing_key(INTL, "sign-1"))
    token, over = store._token, Event()
    monkeypatch.setattr(token.thread, "patience", 0.2)
    with pytest.raises(KeyUnavailable, match="no answer within") as trouble:
        token.use(lambda _: over.wait())
    assert trouble.value.code == "key.token_gone"
    monkeypatch.setattr(token.thread, "patience", 1000.0)
    for _ in range(100):
        with pytest.raises(KeyUnavailable, match="has not come back"):
            key.sign(b"root")
    over.set()
    with contextlib.suppress(KeyUnavailable):
        key.sign(b"root")  # it may not have come back yet
    token.thread._thread.submit(lambda: None).result(60)
    assert key.public().verify(key.sign(b"root"), b"root")


def test_who_waits_behind_a_slow_call_leaves_no_call_behind(
    store: Pkcs11KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, over, ran = store._token, Event(), list[int]()
    monkeypatch.setattr(token.thread, "patience", 0.2)
    first = token.thread._thread.submit(over.wait)
    with pytest.raises(KeyUnavailable):
        token.use(lambda _: ran.append(1))
    over.set()
    assert first.result(60)
    token.use(lambda _: ran.append(2))
    assert ran == [2]


# --- the PIN --------------------------------------------------------------------------------------


def test_a_refused_pin_is_not_tried_again(hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong PIN shows when the session is opened anew, say after somebody changed it."""
    store = Pkcs11KeyStore(hsm.module, LABEL, PIN)
    key = store.signing_key(store.new_signing_key(INTL, "sign-1"))
    token = store._token
    monkeypatch.setattr(token, "_pin", "99999999")
    forget(hsm.module)
    logins: list[int] = []
    library = token._library

    def counting() -> object:
        logins.append(1)
        return library()

    monkeypatch.setattr(token, "_library", counting)
    for _ in range(5):
        with pytest.raises(KeyUnavailable) as refusal:
            key.sign(b"root")
        assert refusal.value.code == "key.pin_refused"
        assert "99999999" not in str(refusal.value)
    assert len(logins) == 1
    store.close()


def test_the_pin_stays_out_of_errors_and_reprs(hsm: SoftHsm, store: Pkcs11KeyStore) -> None:
    assert PIN.decode() not in repr(store) + repr(store._token) + repr(vars(store))
    for wrong in (b"87654321", b"\xff\xff\xff\xff", b"1"):
        with pytest.raises(TongbanError) as refusal:
            Pkcs11KeyStore(hsm.module, LABEL, wrong)
        assert refusal.value.code in {"key.pin_refused", "key.unusable"}
        shown = str(refusal.value) + repr(refusal.value) + repr(refusal.value.__cause__)
        assert wrong.decode(errors="replace") not in shown.replace(hsm.module.name, "")
        assert PIN.decode() not in shown


def test_the_last_try_is_left_to_a_human() -> None:
    assert one_try_left(TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.LOGIN_REQUIRED)
    assert not one_try_left(TokenFlag.USER_PIN_COUNT_LOW | TokenFlag.LOGIN_REQUIRED)


def test_two_stores_of_one_process_share_the_login(hsm: SoftHsm, store: Pkcs11KeyStore) -> None:
    other = Pkcs11KeyStore(hsm.module, LABEL, PIN)
    uri = other.new_signing_key(INTL, "sign-1")
    key = store.signing_key(uri)
    other.close()
    other.close()
    assert key.public().verify(key.sign(b"root"), b"root")


# --- many at once ---------------------------------------------------------------------------------


def test_many_threads_sign_at_once(store: Pkcs11KeyStore) -> None:
    keys = [store.signing_key(store.new_signing_key(INTL, f"sign-{n}")) for n in range(2)]
    opening = store.opening_key(store.new_opening_key(INTL, "open-1"))
    wrapped = opening.public().wrap(SECRET, b"i")

    def work(number: int) -> bool:
        data = str(number).encode()
        key = keys[number % 2]
        good = key.public().verify(key.sign(data), data)
        return good and (number % 5 != 0 or opening.unwrap(wrapped, b"i") == SECRET)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(200)))


class Slow:
    """A key whose token takes its time."""

    def __init__(self, seconds: float) -> None:
        self._key = INTL.new_signing_key("sign-1")
        self.kid, self.alg, self.public = self._key.kid, self._key.alg, self._key.public
        self._seconds = seconds

    def sign(self, data: bytes) -> bytes:
        time.sleep(self._seconds)
        return self._key.sign(data)


async def test_a_slow_token_does_not_hold_up_the_loop() -> None:
    slow = Slow(0.05)
    signer = ThreadSigner(slow)
    signing = asyncio.gather(*(signer.sign(b"root", "seal+jws") for _ in range(4)))
    turns = 0
    while not signing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100  # it would be a handful, had each signature held up the loop
    for token in signing.result():
        assert verify_jws(token, typ="seal+jws", find=lambda _: slow.public()) == b"root"
    assert signer.kid == "sign-1"
