"""Which passwords will do, and how they are kept."""

import pytest

from contracts.errors import Wrong
from gateway.officers.passwords import check_new, hashed, holds


def test_a_password_holds_and_another_does_not() -> None:
    encoded = hashed("heron lantern uphill")
    assert encoded.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "RFC 9106, section 4"
    assert "heron" not in encoded
    assert holds(encoded, "heron lantern uphill")
    assert not holds(encoded, "heron lantern uphilL")
    assert not holds(None, "")
    assert not holds("no hash", "x")


def test_it_holds_however_it_was_typed() -> None:
    assert holds(hashed("ｃａｆé-山-石-ﬁne"), "cafe\u0301-山-石-fine")


@pytest.mark.parametrize(
    "weak",
    [
        "short-7x!qp",
        "x9!" * 43,
        "passwordpassword",
        "qwertyuiop123",
        "1234567890123456",
        "aaaaaaaaaaaaaaaa",
        "secadmin-secadmin",
        "zhengzhou2026",
        "iloveyou20261001",
        "",
    ],
)
def test_what_guessers_try_is_refused(weak: str) -> None:
    with pytest.raises(Wrong) as caught:
        check_new(weak, known=("secadmin", "zhengzhou"))
    assert caught.value.code == "officer.password"
    assert not weak or weak not in str(caught.value)


@pytest.mark.parametrize(
    "strong",
    [
        "heron lantern uphill 7",
        "春风又绿江南岸-7-梅花",
        "Vq7!mZ2#xR9$",
        "é" * 5 + "Tr0ub4dor-violin",
    ],
)
def test_length_counts_and_any_character_will_do(strong: str) -> None:
    check_new(strong, known=("secadmin",))
