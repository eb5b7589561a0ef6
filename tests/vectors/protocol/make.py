"""Makes the vectors anew: ``python -m tests.vectors.protocol.make``.

Signatures and wrapped secrets are random, so the files differ from run to run; they are made
anew only when the protocol changes.
"""

import asyncio
import base64
import json
from datetime import timedelta
from typing import Any

from keys.suites import SUITES
from keys.suites.sm2_curve import der_from_raw
from tests.vectors.protocol.cities import (
    FOLDER,
    GUANGZHOU,
    NOW,
    SUITE_OF,
    ZHENGZHOU,
    signing_keys,
)
from tests.vectors.protocol.letters import (
    Letter,
    batch,
    claims,
    letter,
    moment,
    sealed,
    some_id,
    token,
    tree,
)
from tests.vectors.protocol.receiving import Receiver, open_cases

Z, G = ZHENGZHOU, GUANGZHOU
CASE_A, CASE_B, CASE_C = (some_id(number) for number in (0xA1, 0xA2, 0xA3))
AT = moment(NOW - timedelta(minutes=5))


def application(name: str, handling: str = "440100") -> dict[str, Any]:
    return {
        "application": {
            "matter": {"base_code": "002014031000", "name": "社会保障卡申领"},
            "applicant": {"type": "natural_person", "name": name},
            "receiving": {"region": "410100"},
            "handling": {"region": handling},
            "applied_at": AT,
            "materials": [{"name": "证件照", "form": "electronic", "part": "photo"}],
        }
    }


PHOTO = {"photo": ("image/jpeg", bytes.fromhex("ffd8ffe000104a464946"))}
RECEIVED = {"case_number": "GZ-2026-0001", "received_at": AT}
ACCEPTED = {"accepted_at": AT}
REMINDED = {"reminded_at": AT}


def submit(number: int = 1, case_id: str = CASE_A, **fields: Any) -> Letter:
    """An honest submission of Zhengzhou's, but for `fields`."""
    files = fields.pop("files", PHOTO)
    sequence = fields.pop("sequence", 1)
    body = fields.pop("body", application("林晓岚"))
    kind = fields.pop("kind", "case.submit")
    parties: dict[str, Any] = {
        name: fields.pop(name) for name in ("sender", "receiver") if name in fields
    }
    made = letter(Z, G, kind, case_id, sequence, number, body, files, **fields)
    made.envelope.update(parties)
    return made


# --- what holds -------------------------------------------------------------------------------


def exchanges() -> dict[str, dict[str, Any]]:
    asked = [
        submit(1, CASE_A),
        submit(2, CASE_B, body=application("黎志远")),
        letter(Z, G, "case.remind", CASE_C, 1, 3, REMINDED),
    ]
    stated = [
        letter(G, Z, "case.receive", CASE_A, 1, 4, RECEIVED),
        letter(G, Z, "case.accept", CASE_A, 2, 5, ACCEPTED),
        letter(G, Z, "case.receive", CASE_B, 1, 6, {**RECEIVED, "case_number": "GZ-2026-0002"}),
    ]
    by_token = [letter(G, Z, "case.receive", CASE_A, 1, 7, RECEIVED)]
    es256 = token(G, claims(G, Z, by_token), kid="440100-token-2026")
    opened = {CASE_A: (Z, G), CASE_B: (Z, G)}
    return {
        "sm-to-intl.json": exchange(Z, G, asked, sealed(Z, G, *asked), {}),
        "intl-to-sm.json": exchange(G, Z, stated, sealed(G, Z, *stated), opened),
        "es256-to-sm.json": exchange(G, Z, by_token, batch(G, by_token, es256), opened),
    }


def exchange(
    sender: str,
    receiver: str,
    letters: list[Letter],
    request: dict[str, Any],
    opened: dict[str, tuple[str, str]],
) -> dict[str, Any]:
    hashes, root, _ = tree(sender, [each.raw.encode() for each in letters])
    return {
        "now": moment(NOW),
        "sender": sender,
        "receiver": receiver,
        "opened_before": {case: list(cities) for case, cities in opened.items()},
        "steps": {
            "digest": SUITES[SUITE_OF[sender]].digest_name,
            "leaf_hashes": [each.hex() for each in hashes],
            "root": root,
            "sealing": [each.steps for each in letters],
        },
        "request": request,
        "reply": asyncio.run(answer(receiver, request, opened)),
    }


async def answer(receiver: str, request: Any, opened: dict[str, tuple[str, str]]) -> dict[str, Any]:
    at_home = Receiver(receiver, NOW)
    await open_cases(at_home.store, receiver, opened)
    return await at_home.post(request)


# --- what does not ----------------------------------------------------------------------------


def bad_batches() -> dict[str, dict[str, Any]]:
    """Requests that are answered with a problem, by file name."""
    one, two = submit(1), submit(2, CASE_B)
    honest = sealed(Z, G, one)
    said = claims(Z, G, [one])
    pair = sealed(Z, G, one, two)

    def with_seal(seal: str) -> dict[str, Any]:
        return {**honest, "seal": seal}

    def with_message(**changed: Any) -> dict[str, Any]:
        return {**honest, "messages": [{**honest["messages"][0], **changed}]}

    swapped = json.loads(json.dumps(pair))
    first, second = swapped["messages"]
    first["path"], second["path"] = second["path"], first["path"]
    twice = json.dumps(said, separators=(",", ":"))[:-1] + ',"aud":"440100"}'
    der = _der(signing_keys(Z)["410100-sign-2026"])
    wrong: list[tuple[str, int, str, Any, str]] = [
        ("bad-no-messages", 2, "batch.malformed", {**honest, "messages": []}, "no messages"),
        (
            "bad-envelope-is-an-object", 2, "batch.malformed",
            with_message(envelope=one.envelope), "the envelope is JSON instead of its exact text",
        ),
        (
            "bad-member-unknown", 3, "member.unknown",
            with_seal(token(Z, {**said, "iss": "430100"})), "no member 430100 in members.json",
        ),
        (
            "bad-seal-two-segments", 4, "seal.malformed",
            with_seal(honest["seal"].rpartition(".")[0]), "the signature was cut off",
        ),
        (
            "bad-alg-none", 4, "seal.algorithm",
            with_seal(token(Z, said, alg="none")), "the header says alg none",
        ),
        (
            "bad-alg-of-another-suite", 4, "seal.algorithm",
            with_seal(token(Z, said, alg="Ed25519")), "the key is SM2, the header says Ed25519",
        ),
        (
            "bad-header-with-jwk", 4, "seal.malformed",
            with_seal(token(Z, said, jwk={"kty": "EC"})), "the header brings a key of its own",
        ),
        (
            "bad-type-of-receipts", 4, "seal.malformed",
            with_seal(token(Z, said, typ="tongban.receipts")), "a receipts seal over a batch",
        ),
        (
            "bad-key-unknown", 4, "seal.key_unknown",
            with_seal(token(Z, said, key=_renamed("410100-sign-2030"))), "kid is not published",
        ),
        (
            "bad-key-closed", 4, "seal.key_closed",
            with_seal(token(Z, said, kid="410100-sign-2025")), "closed since 2026-01-01",
        ),
        (
            "bad-key-stolen-and-dated-back", 4, "seal.key_closed",
            with_seal(token(Z, {**said, "iat": said["iat"] - 240}, kid="410100-sign-stolen")),
            "closed as compromised two minutes ago; the seal says that it is two minutes older",
        ),
        (
            "bad-signature-changed", 4, "seal.invalid",
            with_seal(token(Z, said, spoil=True)), "the last bit of s is flipped",
        ),
        (
            "bad-signature-in-der", 4, "seal.invalid",
            with_seal(token(Z, said, key=der)), "SEQUENCE of r and s instead of r || s",
        ),
        (
            "bad-claim-twice", 4, "seal.malformed",
            with_seal(token(Z, twice)), "the name aud stands twice",
        ),
        (
            "bad-digest-of-another-suite", 4, "seal.algorithm",
            with_seal(token(Z, {**said, "digest": "sha-256"})), "410100 has sm3",
        ),
        (
            "bad-audience", 4, "seal.audience",
            with_seal(token(Z, {**said, "aud": "410200"})), "made out to 410200",
        ),
        (
            "bad-clock", 4, "seal.clock",
            with_seal(token(Z, {**said, "iat": said["iat"] - 301})), "301 seconds old",
        ),
        (
            "bad-tree-size", 5, "seal.tree_size",
            with_seal(token(Z, {**said, "size": 2})), "size 2 over one message",
        ),
        (
            "bad-root", 5, "path.invalid",
            with_seal(token(Z, {**said, "root": "00" * 32})), "another root is signed",
        ),
        ("bad-path-swapped", 5, "path.invalid", swapped, "each message has the other's path"),
        (
            "bad-path-too-long", 5, "path.invalid",
            with_message(path=["00" * 32]), "a tree of one leaf has an empty path",
        ),
        (
            "bad-envelope-changed", 5, "path.invalid",
            with_message(envelope=one.raw.replace("case.submit", "case.remind")),
            "changed after it was sealed",
        ),
    ]  # fmt: skip
    return {
        f"{name}.json": _bad("problem", step, code, what, request=request)
        for name, step, code, request, what in wrong
    }


def bad_messages() -> dict[str, dict[str, Any]]:
    """Requests whose last message is refused, or is to come again."""
    honest = submit(1)
    twice = honest.raw[:-1] + f',"case_id":"{CASE_B}"}}'
    wrong: list[tuple[str, int, str, str, Letter, str]] = [
        (
            "bad-envelope-name-twice", 6, "refused", "envelope.malformed",
            Letter(honest.envelope, honest.sealed, exact=twice), "case_id stands twice",
        ),
        (
            "bad-time-without-offset", 6, "refused", "envelope.malformed",
            submit(1, created_at="2026-03-02T01:00:00"), "a time without offset",
        ),
        (
            "bad-life-too-long", 6, "refused", "envelope.malformed",
            submit(1, expires_at=moment(NOW + timedelta(days=31))), "31 days",
        ),
        (
            "bad-id-version-4", 6, "refused", "envelope.malformed",
            submit(1, id="6ba7b810-9dad-41d1-80b4-00c04fd430c8"), "a UUID of version 4",
        ),
        (
            "bad-sender", 6, "refused", "envelope.sender",
            submit(1, sender=G), "410100 seals what 440100 is said to send",
        ),
        (
            "bad-receiver", 6, "refused", "envelope.receiver",
            submit(1, receiver="410200"), "the seal is for 440100, the envelope for 410200",
        ),
        (
            "bad-kind-unknown", 6, "refused", "envelope.kind_unknown",
            submit(1, kind="case.sing"), "no such kind",
        ),
        (
            "bad-contract-major", 6, "refused", "envelope.contract_unsupported",
            submit(1, contract="2.0"), "a major version of the future",
        ),
        (
            "bad-epoch-of-another-pair", 6, "refused", "part.unreadable",
            submit(1, context_of=("430100", G)), "the secret was wrapped for 430100 to 440100",
        ),
        (
            "bad-part-of-another-message", 6, "refused", "part.unreadable",
            submit(1, info_of=some_id(99)), "the parts were sealed for another message id",
        ),
        (
            "bad-plain-digest-unsalted", 6, "refused", "part.unreadable",
            submit(1, salted=False), "plain_digest is over the plain bytes alone",
        ),
        (
            "bad-plain-size", 6, "refused", "part.plain_size",
            submit(1, more=1), "size counts one byte more than there is",
        ),
        (
            "bad-body-lacks-field", 6, "refused", "body.invalid",
            submit(1, body={"application": {}}), "an application of nothing",
        ),
        (
            "bad-no-body", 6, "refused", "body.invalid",
            submit(1, body=None), "no part is named body",
        ),
        (
            "bad-sequence-gap", 8, "later", "order.waiting",
            submit(1, sequence=2), "sequence 1 never came",
        ),
        (
            "bad-expired", 9, "refused", "envelope.expired",
            submit(
                1,
                created_at=moment(NOW - timedelta(days=2)),
                expires_at=moment(NOW - timedelta(days=1)),
            ),
            "its time was over yesterday",
        ),
        (
            "bad-handled-elsewhere", 9, "refused", "case.wrong_city",
            submit(1, body=application("林晓岚", handling="430100")),
            "440100 is asked for what 430100 handles",
        ),
        (
            "bad-case-unknown", 9, "refused", "case.unknown",
            submit(1, kind="case.remind", body=REMINDED, files={}), "about a case nobody opened",
        ),
    ]  # fmt: skip
    found = {
        f"{name}.json": _bad(result, step, code, what, request=sealed(Z, G, message))
        for name, step, result, code, message, what in wrong
    }
    return found | _bad_parts(honest) | _bad_after(honest)


def _bad_parts(honest: Letter) -> dict[str, dict[str, Any]]:
    """Faults of what no signature covers: the same message may come right the next time."""

    def with_parts(parts: list[bytes]) -> dict[str, Any]:
        request = sealed(Z, G, honest)
        request["messages"][0]["parts"] = [base64.b64encode(part).decode() for part in parts]
        return request

    body, photo = honest.sealed
    changed = bytes([body[0] ^ 1]) + body[1:]
    return {
        "bad-part-digest.json": _bad(
            "later", 6, "part.digest", "a bit of the body is flipped",
            request=with_parts([changed, photo]),
        ),
        "bad-part-size.json": _bad(
            "later", 6, "part.size", "the body was cut", request=with_parts([body[:-1], photo])
        ),
        "bad-part-missing.json": _bad(
            "later", 6, "part.missing", "the photo did not come", request=with_parts([body])
        ),
    }  # fmt: skip


def _bad_after(honest: Letter) -> dict[str, dict[str, Any]]:
    """Messages that are wrong because of what came `before`."""
    before = [sealed(Z, G, honest)]
    wrong: list[tuple[str, int, str, Letter, str]] = [
        (
            "bad-same-id-other-bytes", 7, "message.conflict",
            submit(1, expires_at=moment(NOW + timedelta(days=4))), "the id of the first message",
        ),
        (
            "bad-sequence-used", 8, "order.past",
            submit(2, kind="case.remind", body=REMINDED, files={}), "sequence 1 again",
        ),
        (
            "bad-case-exists", 9, "case.exists",
            submit(2, sequence=2), "the case is submitted twice",
        ),
        (
            "bad-fact-by-receiving-city", 9, "case.wrong_city",
            submit(2, kind="case.receive", body=RECEIVED, files={}, sequence=2),
            "receiving is stated by the city that asked",
        ),
        (
            "bad-not-allowed-yet", 9, "case.not_allowed",
            submit(
                2, kind="case.deliver", body={"delivered_at": AT, "way": "counter"}, files={},
                sequence=2,
            ),
            "delivered before anything was decided",
        ),
    ]  # fmt: skip
    return {
        f"{name}.json": _bad("refused", step, code, what, before=before, request=sealed(Z, G, m))
        for name, step, code, m, what in wrong
    }


def bad_replies(good: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Replies that the sender of `good["request"]` must not believe."""
    request, reply = good["request"], good["reply"]

    def changed(**fields: Any) -> dict[str, Any]:
        return {**json.loads(json.dumps(reply)), **fields}

    receipt_changed = changed()
    first = receipt_changed["results"][0]
    first["receipt"] = first["receipt"].replace('"taken"', '"refused"')
    other = submit(1, CASE_A, expires_at=moment(NOW + timedelta(days=5)))
    other_reply = asyncio.run(answer(G, sealed(Z, G, other), {}))
    batch_seal = token(G, claims(G, Z, [submit(1)]))
    again = json.loads(json.dumps(request))
    letters = [Letter({}, exact=message["envelope"]) for message in request["messages"]]
    again["seal"] = token(Z, claims(Z, G, letters, jti=some_id(0xC)))
    wrong: list[tuple[str, str, Any, Any, str]] = [
        (
            "bad-reply-receipt-changed", "path.invalid", request, receipt_changed,
            "taken was made refused",
        ),
        (
            "bad-reply-without-seal", "receipt.invalid", request, changed(seal=None),
            "receipts that nobody signed",
        ),
        (
            "bad-reply-too-short", "receipt.invalid", request,
            changed(results=reply["results"][:2]), "two results for three messages",
        ),
        (
            "bad-reply-to-another-batch", "receipt.invalid", again, reply,
            "answers is not the jti of this batch",
        ),
        (
            "bad-reply-with-a-batch-seal", "seal.malformed", request, changed(seal=batch_seal),
            "typ is tongban.batch",
        ),
        (
            "bad-reply-for-other-bytes", "receipt.invalid", sealed(Z, G, submit(1)), other_reply,
            "the receipt names another digest",
        ),
    ]  # fmt: skip
    return {
        f"{name}.json": {
            **_bad("reply", None, code, what, request=asked),
            "reply": told,
        }
        for name, code, asked, told, what in wrong
    }


def _bad(
    answer: str, step: int | None, code: str, what: str, *, request: Any, before: Any = ()
) -> dict[str, Any]:
    return {
        "what": what,
        "code": code,
        "answer": answer,
        **({"step": step} if step else {}),
        "now": moment(NOW),
        "sender": Z,
        "receiver": G,
        **({"before": list(before)} if before else {}),
        "request": request,
    }


class _Renamed:
    """A key under another name, or with signatures in another form."""

    def __init__(self, key: Any, kid: str, sign: Any = None) -> None:
        self.kid, self.alg, self.sign, self.public = kid, key.alg, sign or key.sign, key.public


def _renamed(kid: str) -> Any:
    return _Renamed(signing_keys(Z)["410100-sign-2026"], kid)


def _der(key: Any) -> Any:
    return _Renamed(key, key.kid, lambda data: der_from_raw(key.sign(data)))


def main() -> None:
    good = exchanges()
    made = good | bad_batches() | bad_messages() | bad_replies(good["sm-to-intl.json"])
    for name, content in made.items():
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (FOLDER / name).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
