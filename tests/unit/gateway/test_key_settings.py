"""The tables `keys` and `token`: what is missing is told before anything is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts.errors import KeyUnusable, SettingsInvalid
from gateway import bootstrap
from gateway.config import FILE_NAME, load
from gateway.signer import KeySigner, ThreadSigner, signer_of
from keys.stores.by_scheme import KeyStoreByScheme
from keys.stores.file import FileKeyStore
from keys.stores.store import KeyStore
from keys.stores.uri import kid_of, scheme_of
from keys.suites import SUITES
from tests.processes.softhsm import LABEL, PIN, SoftHsm, token_in_use

MEMBER = '[member]\ncode = "410100"\n[tls]\nmode = "plain"\n[keys]\n'
SIGNING = 'signing = "file:sign-1.pem"\n'
OPENING = 'opening = ["file:open-1.pem"]\n'
SECRET = 'passphrase_file = "keys/passphrase"\n'
IN_TOKEN = 'signing = "pkcs11:token=tongban;object=sign-1"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "member"
    (folder / "keys").mkdir(parents=True, mode=0o700)
    folder.joinpath("keys").chmod(0o700)
    store = FileKeyStore(folder / "keys", b"secret", iterations=10)
    store.new_signing_key(SUITES["intl"], "sign-1")
    store.new_opening_key(SUITES["intl"], "open-1")
    for name, text in (("passphrase", b"secret\n"), ("pin", PIN)):
        (folder / "keys" / name).write_bytes(text)
        (folder / "keys" / name).chmod(0o600)
    (folder / "members.json").write_text("{}")
    (folder / "module.so").touch()
    return folder


def mistakes(folder: Path, text: str) -> list[str]:
    (folder / FILE_NAME).write_text(MEMBER + text)
    try:
        load(folder)
    except SettingsInvalid as error:
        return error.mistakes
    return []


def token(folder: Path, more: str = 'pin_file = "keys/pin"') -> str:
    return f'[token]\nmodule = "{folder / "module.so"}"\n{more}\n'


@contextmanager
def opened(folder: Path) -> Iterator[KeyStore]:
    """The store that the settings choose, closed at the end."""
    store = bootstrap.key_store(load(folder))
    try:
        yield store
    finally:
        store.close()


def test_files_or_a_token_or_both(folder: Path) -> None:
    assert not mistakes(folder, SIGNING + OPENING + SECRET)
    assert not mistakes(folder, IN_TOKEN + OPENING + SECRET + token(folder))
    every = IN_TOKEN + 'opening = ["pkcs11:token=tongban;object=open-1"]\n' + token(folder)
    assert not mistakes(folder, every)


@pytest.mark.parametrize("uri", ["x", "file:../x.pem", "pkcs11:token=tongban", "other:sign-1.pem"])
def test_what_names_no_key(folder: Path, uri: str) -> None:
    (told,) = mistakes(folder, f'signing = "{uri}"\n' + OPENING + SECRET)
    assert told.startswith("keys.signing: ")


def test_a_key_file_that_is_not_there(folder: Path) -> None:
    (told,) = mistakes(folder, SIGNING + 'opening = ["file:open-2.pem"]\n' + SECRET)
    assert told == f"keys.opening: there is no {folder / 'keys' / 'open-2.pem'}"


def test_a_key_in_a_token_needs_the_token(folder: Path) -> None:
    (told,) = mistakes(folder, IN_TOKEN + OPENING + SECRET)
    assert told == "keys.signing: a key in a token needs token.module"
    other = token(folder, 'pin_file = "keys/pin"\nlabel = "another"')
    (told,) = mistakes(folder, IN_TOKEN + OPENING + SECRET + other)
    assert "'tongban'" in told
    assert "'another'" in told


def test_key_files_need_a_passphrase_also_beside_a_token(folder: Path) -> None:
    (told,) = mistakes(folder, IN_TOKEN + OPENING + token(folder))
    assert told.startswith("keys: passphrase_file, passphrase_env or passphrase_credential must")


def test_a_token_needs_a_module_and_a_pin(folder: Path) -> None:
    (told,) = mistakes(folder, SIGNING + OPENING + SECRET + token(folder, ""))
    assert told == "token: pin_file, pin_env or pin_credential must say where the PIN is"
    for module in ("module.so", "/no/such/module.so"):
        text = f'[token]\nmodule = "{module}"\npin_file = "keys/pin"\n'
        (told,) = mistakes(folder, SIGNING + OPENING + SECRET + text)
        assert told.startswith("token.module: ")
    (told,) = mistakes(folder, SIGNING + OPENING + SECRET + token(folder, 'pin_env = "NO_SUCH"'))
    assert told == "token.pin_env: NO_SUCH is not set"


def test_a_credential_must_be_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credential = 'passphrase_credential = "tongban.passphrase"\n'
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (told,) = mistakes(folder, SIGNING + OPENING + credential)
    assert told.startswith("keys.passphrase_credential: $CREDENTIALS_DIRECTORY is not set")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder / "keys"))
    (told,) = mistakes(folder, SIGNING + OPENING + credential)
    assert told == f"keys.passphrase_credential: there is no {folder}/keys/tongban.passphrase"
    assert not mistakes(folder, SIGNING + OPENING + credential.replace("tongban.", ""))
    with opened(folder) as store:
        assert store.signing_key("file:sign-1.pem").kid == "sign-1"


def test_the_settings_choose_the_stores(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with token_in_use(SoftHsm(tmp_path), monkeypatch) as hsm:
        table = f'[token]\nmodule = "{hsm.module}"\nlabel = "{LABEL}"\npin_file = "keys/pin"\n'
        assert not mistakes(folder, SIGNING + OPENING + SECRET + table)
        with opened(folder) as store:
            signing = store.new_signing_key(SUITES["intl"], "sign-2")
            opening = store.new_opening_key(SUITES["intl"], "open-2")
            assert (scheme_of(signing), scheme_of(opening)) == ("pkcs11", "file")
            assert {kid_of(uri) for uri in store.uris()} == {"sign-1", "open-1", "sign-2", "open-2"}
            assert isinstance(signer_of(store.signing_key(signing), signing), ThreadSigner)
            named = "file:sign-1.pem"
            assert isinstance(signer_of(store.signing_key(named), named), KeySigner)
        assert not mistakes(folder, SIGNING + OPENING + SECRET + table + "opening = true\n")
        with opened(folder) as store:
            assert scheme_of(store.new_opening_key(SUITES["intl"], "open-3")) == "pkcs11"


def test_without_a_passphrase_no_file_is_touched(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with token_in_use(SoftHsm(tmp_path), monkeypatch) as hsm:
        keys = IN_TOKEN + 'opening = ["pkcs11:token=tongban;object=open-1"]\n'
        table = f'[token]\nmodule = "{hsm.module}"\npin_file = "keys/pin"\n'
        assert not mistakes(folder, keys + table)
        with opened(folder) as store:
            assert not store.uris()
            with pytest.raises(KeyUnusable, match="no store for such keys"):
                store.signing_key("file:sign-1.pem")
            with pytest.raises(KeyUnusable, match="belong into a store of file: keys"):
                store.new_opening_key(SUITES["intl"], "open-2")
            assert isinstance(store, KeyStoreByScheme)
