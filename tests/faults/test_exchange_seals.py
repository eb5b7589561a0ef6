"""Steps 3 to 5: whatever is wrong with a seal or a path, nothing of the batch is used, and
the answer names it by its stable code."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from contracts.seal import RECEIPTS_TYPE
from keys import base64url
from keys.suites import SUITES
from keys.suites.suite import SigningKey
from tests.processes.answer import Answer
from tests.processes.drafts import CITIZEN_ID, MOBILE
from tests.processes.forger import Forger, Letter
from tests.processes.ledger import ask
from tests.processes.under_attack import STRANGER, UnderAttack


def assert_rejected(attack: UnderAttack, answer: Answer, code: str, *letters: Letter) -> None:
    assert answer.code == code, answer.body
    assert attack.kept(*letters) == 0


def post_header(attack: UnderAttack, header: dict[str, object] | bytes) -> tuple[Answer, Letter]:
    letter = attack.submit()
    claims = attack.forger.claims(attack.city.member, [letter])
    return attack.post_token(attack.forger.token(claims, header=header), [letter]), letter


# --- whose, and to whom ----------------------------------------------------


def test_an_honest_batch_is_taken(attack: UnderAttack) -> None:
    letter = attack.submit()
    answer = attack.send(letter)
    assert answer.outcomes == ["taken"]
    assert answer.receipts[0].message == letter.envelope["id"]
    assert answer.receipts[0].digest == attack.forger.digest(b"\0" + letter.raw).hex()
    assert attack.kept(letter) == 1


def test_a_stranger_is_not_a_member(attack: UnderAttack) -> None:
    stranger = Forger(STRANGER)
    letter = stranger.letter(attack.city.member, "case.submit", b"{}")
    answer = stranger.send(attack.city.url, attack.city.member, letter)
    assert_rejected(attack, answer, "member.unknown", letter)


def test_a_batch_made_out_to_another_city_is_not_ours(attack: UnderAttack) -> None:
    letter = attack.submit()
    answer = attack.send(letter, aud=attack.third.code)
    assert_rejected(attack, answer, "seal.audience", letter)
    assert answer.status == 421


def test_one_member_cannot_sign_for_another(attack: UnderAttack) -> None:
    letter = attack.submit()
    answer = attack.send(letter, iss=attack.third.code)
    # Both have a key of this name; the signature is of the wrong one.
    assert_rejected(attack, answer, "seal.invalid", letter)


# --- keys ----------------------------------------------------


@pytest.mark.parametrize("kid", ["closed", "over", "next"])
def test_a_key_out_of_its_days_signs_nothing(attack: UnderAttack, kid: str) -> None:
    letter = attack.submit()
    claims = attack.forger.claims(attack.city.member, [letter])
    answer = attack.post_token(attack.forger.token(claims, kid=kid), [letter])
    assert_rejected(attack, answer, "seal.key_closed", letter)


def test_a_key_that_is_not_published_is_unknown(attack: UnderAttack) -> None:
    answer, letter = post_header(attack, {"kid": "sign-99"})
    assert_rejected(attack, answer, "seal.key_unknown", letter)


def test_a_closed_key_does_not_become_good_by_backdating(attack: UnderAttack) -> None:
    letter = attack.submit()
    past = int((datetime.now(UTC) - timedelta(days=2)).timestamp())
    claims = attack.forger.claims(attack.city.member, [letter], iat=past)
    answer = attack.post_token(attack.forger.token(claims, kid="closed"), [letter])
    assert_rejected(attack, answer, "seal.key_closed", letter)


# --- algorithm and header ----------------------------------------------------


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "ES256", "SM2", "RS256", ""])
def test_the_message_does_not_choose_the_algorithm(attack: UnderAttack, alg: str) -> None:
    answer, letter = post_header(attack, {"alg": alg})
    assert_rejected(attack, answer, "seal.algorithm", letter)


def test_the_older_name_of_the_same_algorithm_is_read(attack: UnderAttack) -> None:
    answer, letter = post_header(attack, {"alg": "EdDSA"})
    assert answer.outcomes == ["taken"]
    assert attack.kept(letter) == 1


def test_the_public_key_is_no_secret_to_sign_with(attack: UnderAttack) -> None:
    letter = attack.submit()
    public = attack.forger.key.public().jwk()
    secret = base64url.decode(public["x"])
    token = attack.forger.token(
        attack.forger.claims(attack.city.member, [letter]),
        header={"alg": "HS256"},
        sign=lambda data: hmac.digest(secret, data, hashlib.sha256),
    )
    assert_rejected(attack, attack.post_token(token, [letter]), "seal.algorithm", letter)


@pytest.mark.parametrize("alg", ["ES256", "SM2"])
def test_a_key_of_another_kind_signs_nothing(attack: UnderAttack, alg: str) -> None:
    key = _key_of(alg)
    letter = attack.submit()
    token = attack.forger.token(
        attack.forger.claims(attack.city.member, [letter]), header={"alg": alg}, sign=key.sign
    )
    assert_rejected(attack, attack.post_token(token, [letter]), "seal.algorithm", letter)


def _key_of(alg: str) -> SigningKey:
    if alg == "SM2":
        return SUITES["sm"].new_signing_key("sign-1")
    from keys.suites.p256 import P256SigningKey

    return P256SigningKey.generate("sign-1")


@pytest.mark.parametrize("field", ["jwk", "jku", "x5c", "x5u", "crit", "b64", "zip", "nonce"])
def test_a_header_holds_no_other_field(attack: UnderAttack, field: str) -> None:
    answer, letter = post_header(attack, {field: "x"})
    assert_rejected(attack, answer, "seal.malformed", letter)


def test_a_seal_over_receipts_is_no_seal_over_a_batch(attack: UnderAttack) -> None:
    answer, letter = post_header(attack, {"typ": RECEIPTS_TYPE})
    assert_rejected(attack, answer, "seal.malformed", letter)


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"Ed25519","alg":"none","kid":"sign-1","typ":"tongban.batch"}',
        b'{"alg":"Ed25519","kid":"\\ud800","typ":"tongban.batch"}',
        b'{"alg":"Ed25519","kid":["sign-1"],"typ":"tongban.batch"}',
        b'["Ed25519"]',
        b"\xff\xfe",
        b'{"alg":"Ed25519","kid":"sign-1","typ":"tongban.batch"',
    ],
    ids=["twice", "surrogate", "list", "no-object", "no-utf8", "cut"],
)
def test_a_header_is_read_strictly(attack: UnderAttack, header: bytes) -> None:
    answer, letter = post_header(attack, header)
    assert_rejected(attack, answer, "seal.malformed", letter)


def test_claims_named_twice_are_refused_before_anybody_reads_them(attack: UnderAttack) -> None:
    letter = attack.submit()
    claims = orjson.dumps(attack.forger.claims(attack.city.member, [letter]))
    twice = claims[:-1] + b',"iss":"510100"}'
    token = attack.forger.token(twice)
    assert_rejected(attack, attack.post_token(token, [letter]), "seal.malformed", letter)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "....", "e30.e30.", "=.=.=", "证.e30.e30"])
def test_what_is_no_token_is_malformed(attack: UnderAttack, token: str) -> None:
    letter = attack.submit()
    batch = attack.forger.batch(attack.city.member, [letter])
    batch["seal"] = token
    answer = attack.forger.post(attack.city.url, batch)
    assert_rejected(attack, answer, "seal.malformed", letter)


def test_the_digest_of_another_suite_is_refused(attack: UnderAttack) -> None:
    letter = attack.submit()
    assert_rejected(attack, attack.send(letter, digest="sm3"), "seal.algorithm", letter)


# --- time ----------------------------------------------------


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_ten_minutes_off_is_told_so(attack: UnderAttack, minutes: int) -> None:
    letter = attack.submit()
    iat = int((datetime.now(UTC) + timedelta(minutes=minutes)).timestamp())
    answer = attack.send(letter, iat=iat)
    assert_rejected(attack, answer, "seal.clock", letter)


@pytest.mark.parametrize("minutes", [-2, 2])
def test_a_clock_two_minutes_off_is_fine(attack: UnderAttack, minutes: int) -> None:
    iat = int((datetime.now(UTC) + timedelta(minutes=minutes)).timestamp())
    assert attack.send(attack.submit(), iat=iat).outcomes == ["taken"]


# --- signature, tree and paths ----------------------------------------------------


def test_changed_claims_do_not_hold(attack: UnderAttack) -> None:
    letter = attack.submit()
    header, _, signature = attack.forger.batch(attack.city.member, [letter])["seal"].split(".")
    claims = base64url.encode(orjson.dumps(attack.forger.claims(attack.city.member, [letter])))
    answer = attack.post_token(f"{header}.{claims}.{signature}", [letter])
    assert_rejected(attack, answer, "seal.invalid", letter)
    assert answer.status == 401


def test_a_changed_envelope_is_not_under_the_seal(attack: UnderAttack) -> None:
    letter = attack.submit()
    batch = attack.forger.batch(attack.city.member, [letter])
    old = batch["messages"][0]["envelope"]
    batch["messages"][0]["envelope"] = old.replace("case.submit", "case.remind")
    answer = attack.forger.post(attack.city.url, batch)
    assert_rejected(attack, answer, "path.invalid", letter)


@pytest.mark.parametrize("spoil", ["shorter", "longer", "changed", "swapped"])
def test_a_changed_path_leads_nowhere(attack: UnderAttack, spoil: str) -> None:
    letters = [attack.submit() for _ in range(4)]
    batch = attack.forger.batch(attack.city.member, letters)
    path = batch["messages"][2]["path"]
    batch["messages"][2]["path"] = {
        "shorter": path[:-1],
        "longer": [*path, path[-1]],
        "changed": ["00" * 32, *path[1:]],
        "swapped": path[::-1],
    }[spoil]
    answer = attack.forger.post(attack.city.url, batch)
    assert_rejected(attack, answer, "path.invalid", *letters)


def test_messages_in_another_order_are_not_under_the_seal(attack: UnderAttack) -> None:
    letters = [attack.submit() for _ in range(3)]
    batch = attack.forger.batch(attack.city.member, letters)
    batch["messages"].reverse()
    answer = attack.forger.post(attack.city.url, batch)
    assert_rejected(attack, answer, "path.invalid", *letters)


@pytest.mark.parametrize("kept", [1, 2])
def test_a_batch_cannot_be_shortened(attack: UnderAttack, kept: int) -> None:
    letters = [attack.submit() for _ in range(3)]
    batch = attack.forger.batch(attack.city.member, letters)
    del batch["messages"][kept:]
    answer = attack.forger.post(attack.city.url, batch)
    assert_rejected(attack, answer, "seal.tree_size", *letters)


# --- what an operator sees ----------------------------------------------------


def test_every_seal_that_did_not_hold_is_counted(attack: UnderAttack) -> None:
    def failures(code: str) -> float:
        return attack.city.metric("tongban_signature_failures_total", code=code)

    codes = ("seal.invalid", "seal.key_unknown", "path.invalid")
    before = {code: failures(code) for code in codes}
    test_changed_claims_do_not_hold(attack)
    test_a_key_that_is_not_published_is_unknown(attack)
    test_a_changed_envelope_is_not_under_the_seal(attack)
    assert {code: failures(code) - before[code] for code in codes} == dict.fromkeys(codes, 1.0)


def test_what_a_seal_smuggles_into_the_log_is_masked(attack: UnderAttack) -> None:
    answer, _ = post_header(attack, {"kid": f"{CITIZEN_ID} {MOBILE}"})
    assert answer.code == "seal.key_unknown"
    assert "seal.key_unknown" in attack.city.log()
    assert CITIZEN_ID not in attack.city.log()
    assert MOBILE not in attack.city.log()


def test_a_rejected_batch_leaves_no_seal_behind(attack: UnderAttack) -> None:
    seals = ask(attack.city.store, "SELECT count(*) FROM seal")
    test_changed_claims_do_not_hold(attack)
    assert ask(attack.city.store, "SELECT count(*) FROM seal") == seals
