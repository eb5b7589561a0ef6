"""Whom to call: what a partner publishes of itself, and what of it reaches a terminal."""

import pytest

from gateway.contact import contact_of
from keys.trust.member import Contact, Member
from tests.doubles.federation import City


def member(contact: Contact | None) -> Member:
    return City("411000", "intl").entry(contact=contact)


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        (None, ""),
        (Contact(), ""),
        (Contact(telephone="0374-1234567"), "0374-1234567"),
        (Contact(name="李工", telephone="1", email="a@b.example"), "李工 1 a@b.example"),
    ],
)
def test_what_there_is_on_one_line(contact: Contact | None, said: str) -> None:
    assert contact_of(member(contact)) == said


def test_nothing_of_a_partner_moves_the_cursor_or_fills_the_screen() -> None:
    hostile = Contact(name="\x1b[2J\x1b]0;x\x07李", telephone="1\n2", email="x" * 10_000)
    said = contact_of(member(hostile))
    assert said.isprintable()
    assert len(said) < 400
