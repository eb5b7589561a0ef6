"""A key's URI names its store and its kid."""

import pytest

from contracts.errors import KeyUnusable
from keys.stores.uri import checked_kid, file_uri, kid_of, scheme_of, token_attributes


@pytest.mark.parametrize(
    ("uri", "scheme", "kid"),
    [
        ("file:410100-sign-1.pem", "file", "410100-sign-1"),
        ("pkcs11:token=tongban;object=410100-sign-1", "pkcs11", "410100-sign-1"),
        ("pkcs11:object=a_b;token=%E9%80%9A%E5%8A%9E;type=private", "pkcs11", "a_b"),
        ("pkcs11:object=%61", "pkcs11", "a"),
    ],
)
def test_kid_and_scheme(uri: str, scheme: str, kid: str) -> None:
    assert (scheme_of(uri), kid_of(uri)) == (scheme, kid)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "a",
        "file:a",
        "file:../a.pem",
        "file:a/b.pem",
        "file:.pem",
        "file:a.pem\n",
        "pkcs11:",
        "pkcs11:token=t",
        "pkcs11:object",
        "pkcs11:object=",
        "pkcs11:object=a;object=b",
        "pkcs11:object=a%2Fb",
        "pkcs11:object=%FF",
        "pkcs11:object=a?pin-value=1234",
        "other:a.pem",
    ],
)
def test_what_names_no_key(uri: str) -> None:
    with pytest.raises(KeyUnusable) as refusal:
        kid_of(uri)
    assert "1234" not in str(refusal.value)


def test_a_file_uri_is_read_back() -> None:
    assert kid_of(file_uri("410100-sign-1")) == checked_kid("410100-sign-1")
    with pytest.raises(KeyUnusable):
        file_uri("a/b")


def test_attributes_of_a_token() -> None:
    assert token_attributes("pkcs11:token=t%3B1;object=a") == {"token": "t;1", "object": "a"}
