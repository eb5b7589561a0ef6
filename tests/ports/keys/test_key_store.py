"""What every store of private keys owes, run on each of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.errors import KeyUnusable
from keys.stores.by_scheme import KeyStoreByScheme
from keys.stores.file import FileKeyStore
from keys.stores.pkcs11 import Pkcs11KeyStore
from keys.stores.store import KeyStore
from keys.stores.uri import FILE, TOKEN, kid_of
from keys.suites import SUITES
from keys.suites.jwk import sealing_key, verifying_key
from keys.suites.suite import Suite
from tests.processes.softhsm import LABEL, PIN, SoftHsm, token_in_use

BOTH = ["sm", "intl"]
SECRET = bytes(range(32))


class Opened:
    """A store that can be opened again, and what it can make."""

    def __init__(self, opened: Callable[[], KeyStore], signs: list[str], opens: list[str]) -> None:
        self._open = opened
        self._stores: list[KeyStore] = []
        self.signs, self.opens = ([SUITES[name] for name in names] for names in (signs, opens))

    def again(self) -> KeyStore:
        self._stores.append(self._open())
        return self._stores[-1]

    def close(self) -> None:
        for store in self._stores:
            store.close()


def in_files(folder: Path, _: pytest.MonkeyPatch) -> Iterator[Opened]:
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    yield Opened(lambda: FileKeyStore(keys, b"open sesame", iterations=10), BOTH, BOTH)


def in_a_token(folder: Path, patch: pytest.MonkeyPatch, without: str = "") -> Iterator[Opened]:
    with token_in_use(SoftHsm(folder, without=without), patch) as hsm:
        kept = Opened(lambda: Pkcs11KeyStore(hsm.module, LABEL, PIN), ["intl"], ["intl"])
        yield kept
        kept.close()


def in_a_token_without_ed25519(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Opened]:
    yield from in_a_token(folder, patch, "CKM_EDDSA")


def in_both(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Opened]:
    for token in in_a_token(folder, patch):
        for files in in_files(folder, patch):

            def opened() -> KeyStore:
                stores = {TOKEN: token.again(), FILE: files.again()}  # noqa: B023 - one round
                return KeyStoreByScheme(stores, signing=TOKEN, opening=FILE)

            yield Opened(opened, ["intl"], BOTH)


@pytest.fixture(
    params=[in_files, in_a_token, in_a_token_without_ed25519, in_both],
    ids=["file", "token", "token without Ed25519", "token and files"],
)
def kept(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opened]:
    yield from request.param(tmp_path, monkeypatch)


def makers(kept: Opened, store: KeyStore) -> list[tuple[Callable[[Suite, str], str], Suite]]:
    """Everything that the store can make."""
    signing = [(store.new_signing_key, suite) for suite in kept.signs]
    return [*signing, *((store.new_opening_key, suite) for suite in kept.opens)]


def test_a_new_key_signs_and_its_public_half_verifies(kept: Opened) -> None:
    store = kept.again()
    for suite in kept.signs:
        key = store.signing_key(store.new_signing_key(suite, f"sign-{suite.name}"))
        public = verifying_key(key.kid, key.public().jwk())
        assert (key.kid, key.alg) == (f"sign-{suite.name}", public.alg)
        assert public.verify(key.sign(b"root"), b"root")
        assert not public.verify(key.sign(b"root"), b"boot")


def test_a_new_key_opens_what_was_sealed_to_its_public_half(kept: Opened) -> None:
    store = kept.again()
    for suite in kept.opens:
        key = store.opening_key(store.new_opening_key(suite, f"open-{suite.name}"))
        public = sealing_key(key.kid, key.public().jwk())
        assert (key.kid, key.suite, public.suite) == (f"open-{suite.name}", suite.name, suite.name)
        assert key.unwrap(public.wrap(SECRET, b"info"), b"info") == SECRET


def test_keys_are_there_when_the_store_is_opened_again(kept: Opened) -> None:
    store = kept.again()
    suite = kept.signs[-1]
    uri = store.new_signing_key(suite, "sign-1")
    public = store.signing_key(uri).public()
    store.close()
    store.close()
    again = kept.again()
    assert again.uris() == [uri]
    assert public.verify(again.signing_key(uri).sign(b"root"), b"root")
    assert again.signing_key(uri).public().jwk() == public.jwk()


def test_every_key_is_listed_under_the_uri_that_was_given(kept: Opened) -> None:
    store = kept.again()
    assert list(store.uris()) == []
    made = [
        make(suite, f"key-{number}") for number, (make, suite) in enumerate(makers(kept, store))
    ]
    assert list(store.uris()) == sorted(made)
    assert sorted(map(kid_of, store.uris())) == [f"key-{number}" for number in range(len(made))]


def test_no_key_is_overwritten(kept: Opened) -> None:
    store = kept.again()
    suite = kept.signs[-1]
    uri = store.new_signing_key(suite, "sign-1")
    before = store.signing_key(uri).public().jwk()
    for make, each in makers(kept, store):
        with pytest.raises(KeyUnusable, match="never overwritten"):
            make(each, "sign-1")
    assert store.signing_key(uri).public().jwk() == before
    assert list(store.uris()) == [uri]


@pytest.mark.parametrize("kid", ["", "../sign", "a/b", "-sign", "sign.1", "k" * 101, "通办", "a;b"])
def test_names_that_no_key_may_have(kept: Opened, kid: str) -> None:
    store = kept.again()
    for make, suite in makers(kept, store):
        with pytest.raises(KeyUnusable):
            make(suite, kid)
    assert list(store.uris()) == []


def test_a_key_does_nothing_but_its_own_work(kept: Opened) -> None:
    store = kept.again()
    for number, suite in enumerate(kept.signs):
        uri = store.new_signing_key(suite, f"sign-{number}")
        if suite.name != "sm":  # with SM2 both kinds are scalars on one curve
            with pytest.raises(KeyUnusable):
                store.opening_key(uri)
    for number, suite in enumerate(kept.opens):
        uri = store.new_opening_key(suite, f"open-{number}")
        if suite.name != "sm":
            with pytest.raises(KeyUnusable):
                store.signing_key(uri)


def test_keys_that_are_not_there(kept: Opened) -> None:
    store = kept.again()
    uri = store.new_signing_key(kept.signs[-1], "sign-1")
    for wrong in (uri.replace("sign-1", "sign-2"), "", "sign-1", f"other:{uri}", f"{uri}?x=1"):
        with pytest.raises(KeyUnusable):
            store.signing_key(wrong)
        with pytest.raises(KeyUnusable):
            store.opening_key(wrong)
