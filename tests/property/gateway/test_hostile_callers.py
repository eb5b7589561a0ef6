"""What a proxy hands in is a certificate or an error with a code, whatever a client made of it."""

import base64
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import BatchRejected
from gateway.web.caller import certificate_in
from keys.stores import pem
from keys.tls.certificate import new_certificate

_SAID = "what the proxy hands in is no certificate"
CERTIFICATE = new_certificate("410100", datetime(2026, 1, 1, tzinfo=UTC)).certificate


def test_both_spellings_are_read() -> None:
    as_nginx = quote(pem.encode(CERTIFICATE, "CERTIFICATE").decode())
    as_rfc_9440 = f":{base64.b64encode(CERTIFICATE).decode()}:"
    assert certificate_in(as_nginx) == certificate_in(as_rfc_9440) == CERTIFICATE


@given(
    st.text(max_size=200)
    | st.text(alphabet=":=+/%-\nABCDEFabcdef0123456789", max_size=200)
    | st.binary(max_size=100).map(lambda data: f":{base64.b64encode(data).decode()}:")
)
def test_anything_else_is_bytes_or_refused(text: str) -> None:
    assert outcome(text) in {"bytes", "request.certificate_unknown"}


def outcome(text: str) -> str:
    """The code of the refusal, which says nothing of what was handed in; or `bytes`."""
    try:
        found = certificate_in(text)
    except BatchRejected as error:
        return error.code if error.detail == _SAID else error.detail
    return type(found).__name__


@pytest.mark.parametrize(
    "text",
    [
        ":" + "A" * 100_000 + ":",
        quote("-----BEGIN CERTIFICATE-----\n" + "A" * 100_000),
        ":%%%:",
        "::::",
        ":" ,
        quote(pem.encode(CERTIFICATE, "CERTIFICATE").decode() * 2),
    ],
    ids=["long", "long-pem", "no-base64", "colons", "colon", "two"],
)  # fmt: skip
def test_what_is_too_long_or_no_one_certificate_is_refused(text: str) -> None:
    with pytest.raises(BatchRejected) as caught:
        certificate_in(text)
    assert caught.value.code == "request.certificate_unknown"
