"""What the chain of the log shows, and what it does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import EvidenceInvalid
from gateway.officers.chain import Deed, Head, check, enter, shown
from gateway.officers.records import Use


def log(count: int) -> list[Use]:
    uses, head = [], Head()
    for number in range(count):
        deed = Deed("aud", "auditor", "evidence export", f"case-{number}", "allowed")
        use = enter(head, deed, 1000 + number)
        uses.append(use)
        head = Head(use.number, use.digest)
    return uses


def broken_at(uses: list[Use], since: Head | None = None) -> str:
    with pytest.raises(EvidenceInvalid) as caught:
        check(uses, since=since)
    assert caught.value.code == "officer.log_broken"
    return caught.value.where["number"]


def test_a_log_that_nobody_touched_holds() -> None:
    uses = log(5)
    assert check(uses) == Head(5, uses[-1].digest)
    assert check([]) == Head()


@given(st.integers(0, 8), st.sampled_from(["by", "duty", "act", "about", "outcome", "at"]))
def test_a_changed_entry_is_seen(index: int, name: str) -> None:
    uses = log(9)
    value = 7 if name == "at" else "other"
    uses[index] = replace(uses[index], **{name: value})  # type: ignore[arg-type]
    assert broken_at(uses) == str(index + 1)


@given(st.integers(0, 7))
def test_an_entry_taken_out_is_seen(index: int) -> None:
    uses = log(9)
    del uses[index]
    assert broken_at(uses) == str(index + 1)


@given(st.integers(0, 7))
def test_an_entry_taken_out_and_the_rest_numbered_anew_is_seen(index: int) -> None:
    uses = log(9)
    del uses[index]
    uses = [replace(use, number=number) for number, use in enumerate(uses, 1)]
    assert broken_at(uses) == str(index + 1)


def test_two_entries_changed_places_is_seen() -> None:
    uses = log(4)
    uses[1], uses[2] = uses[2], uses[1]
    assert broken_at(uses) == "2"


def test_an_end_cut_off_is_seen_by_whoever_noted_a_head() -> None:
    uses = log(6)
    noted = check(uses)
    assert check(uses[:4]) == Head(4, uses[3].digest), "by itself it looks whole"
    assert broken_at(uses[:4], noted) == "6"


def test_a_log_written_anew_is_seen_by_whoever_noted_a_head() -> None:
    noted, head = Head(2, log(2)[-1].digest), Head()
    anew = []
    for _ in range(6):
        use = enter(head, Deed("sec", "security", "token new", "x", "allowed"), 5)
        anew.append(use)
        head = Head(use.number, use.digest)
    check(anew)
    assert broken_at(anew, noted) == "2"


def test_a_head_reads_as_it_was_written() -> None:
    head = Head(3, bytes(range(32)))
    assert Head.read(str(head)) == head
    assert check([], since=Head.read(str(Head()))) == Head()
    for text in ("", "3", "x:00", "3:00", "-1:" + "00" * 32):
        with pytest.raises(ValueError, match=r"head|invalid|hex"):
            Head.read(text)


@pytest.mark.parametrize("plain", ["", "440100", "01HX-7f", "2025-03", "partner/440100"])
def test_an_identifier_is_shown(plain: str) -> None:
    assert shown(plain) == plain


@pytest.mark.parametrize("private", ["张三.xml", "a b", "x" * 101, "\x1b[2J", "'; --"])
def test_what_may_be_private_is_shown_by_its_digest(private: str) -> None:
    assert shown(private).startswith("sha256:")
    assert private not in shown(private)
    assert len(shown(private)) <= 100
