"""The tables of the documentation that repeat what stands in the code.

``python -m tests.unit.docs.tables`` writes them into the pages; the tests compare.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from contracts import limits
from contracts.case import State
from contracts.lifecycle import LIFE, Rule, Then
from contracts.reasons import REASONS, Reason, Side
from gateway.cli.wording import kind_name
from keys import base64url

DOCS = Path(__file__).parents[3] / "docs"
VECTORS = Path(__file__).parents[2] / "vectors" / "protocol"

_SIDES = {
    Side.OURS: "who answers",
    Side.PARTNER: "who sent",
    Side.NETWORK: "the network",
    Side.TRUST: "the trust list",
}
_LIMITS = {
    "BATCH_BYTES": "bytes of one request or reply body",
    "BATCH_MESSAGES": "messages under one seal",
    "BATCH_NODES": "commas, `[` and `{` in a body, those inside of strings counted too",
    "ENVELOPE_BYTES": "bytes of one envelope",
    "ENVELOPE_DEPTH": "nesting of arrays and objects in an envelope",
    "MESSAGE_PARTS": "parts of one message",
    "PART_BYTES": "plain bytes of one part",
    "BODY_DEPTH": "nesting of arrays and objects in a body",
    "SEAL_BYTES": "characters of a seal",
    "CLOCK_SKEW_S": "seconds between the time of a seal and the clock of its reader",
    "WAITING_PER_CASE": "messages of a case in the waiting room",
    "WAITING_PER_PARTNER": "messages of a partner in the waiting room",
    "WAITING_BYTES": "bytes of a partner in the waiting room: envelopes, and parts counted twice",
    "REQUESTS_BYTES": "bytes of the request bodies that one process holds at once",
    "REQUEST_SECONDS": "seconds in which a request body must arrive",
    "REQUESTS_AT_ONCE": "requests that one process works on at once",
    "HEAD_SECONDS": "seconds in which a whole request head must arrive on an open connection",
    "HANDSHAKE_SECONDS": "seconds in which a TLS handshake must be done",
    "HANDSHAKES_AT_ONCE": "TLS handshakes that one process has under way; the oldest gives way",
    "MESSAGE_DAYS": "days from `created_at` to `expires_at`",
}


def codes() -> str:
    """Every code that travels or is shown."""
    head = ("code", "who must act", "same bytes again?", "HTTP", "meaning", "what to do", "中文")
    return table(head, (_code(reason) for reason in REASONS.values()))


def _code(reason: Reason) -> tuple[str, ...]:
    return (
        f"`{reason.code}`",
        _SIDES[reason.side],
        "may succeed" if reason.retry else "will fail",
        str(reason.status),
        reason.en,
        reason.remedy_en,
        f"{reason.zh}。{reason.remedy_zh}",
    )


def limits_table() -> str:
    """Every limit by its name in the code."""
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    del values["MIB"]
    return table(
        ("limit", "at most", "of what"),
        ((f"`{name}`", f"{value:,}", _LIMITS[name]) for name, value in values.items()),
    )


def life() -> str:
    """The life of a case: who may say what in which state, and what becomes of it."""
    head = ("kind", "中文", "said by the", "in state", "then the case is", "body")
    return table(head, (_rule(rule) for rule in LIFE))


def _rule(rule: Rule) -> tuple[str, ...]:
    ordered = [state for state in State if state in rule.states]
    then = rule.then.value if isinstance(rule.then, Then) else f"`{rule.then}`"
    return (
        f"`{rule.kind}`",
        kind_name(rule.kind),
        f"{rule.by.value} city",
        ", ".join(f"`{state}`" for state in ordered) or "(no such case)",
        then,
        f"[schema](../contracts/schemas/body-{rule.kind}.schema.json)",
    )


def example() -> str:
    """The first message of `sm-to-intl.json`, step by step."""
    vector = json.loads((VECTORS / "sm-to-intl.json").read_text("utf-8"))
    steps, request, reply = vector["steps"], vector["request"], vector["reply"]
    message, sealing = request["messages"][0], steps["sealing"][0]
    envelope, body = json.loads(message["envelope"]), sealing["parts"][0]
    part, result = envelope["parts"][0], reply["results"][0]
    head, claims, signature = map(base64url.decode, request["seal"].split("."))
    answer_head, answer, _ = map(base64url.decode, reply["seal"].split("."))
    return "\n\n".join(
        (
            "The body of message 1 and the key it is sealed with:",
            _block(
                ("plain", base64.b64decode(body["plain"]).decode()),
                ("secret", sealing["secret"]),
                ("context", sealing["context"].replace("\n", "⏎")),
                ("info", body["info"].replace("\n", "⏎")),
                ("key", body["key"]),
                ("nonce", body["nonce"]),
                ("salt", body["salt"]),
                ("sealed", base64.b64decode(message["parts"][0]).hex()),
                ("digest", part["digest"]),
                ("plain_digest", part["plain_digest"]),
            ),
            "Its envelope, in exact bytes:",
            _block(("", message["envelope"])),
            "The leaf hashes of the three envelopes, the root, the path of message 1:",
            _block(
                *(("leaf", leaf) for leaf in steps["leaf_hashes"]),
                ("root", steps["root"]),
                *(("path", step) for step in message["path"]),
            ),
            "The seal: header, claims, signature (r, then s):",
            _block(
                ("", head.decode()),
                ("", claims.decode()),
                ("r", signature[:32].hex()),
                ("s", signature[32:].hex()),
            ),
            "The answer: the receipt for message 1, header and claims of the receipts seal:",
            _block(("", result["receipt"]), ("", answer_head.decode()), ("", answer.decode())),
        )
    )


def _block(*lines: tuple[str, str]) -> str:
    width = max(len(name) for name, _ in lines)
    text = "\n".join(f"{name:<{width}}  {value}".strip() for name, value in lines)
    return f"```\n{text}\n```"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    lines.insert(1, ("---",) * len(lines[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


TABLES: dict[str, Callable[[], str]] = {
    "codes": codes,
    "limits": limits_table,
    "life": life,
    "example": example,
}
"""By the name between the marks ``<!-- table: name -->`` and ``<!-- end -->``."""

_MARKED = re.compile(r"(<!-- table: (\w+) -->\n)((?:(?!<!--).)*?)(\n<!-- end -->)", re.DOTALL)


def tables_of(page: str) -> dict[str, str]:
    """The marked tables of a page, by name."""
    return {name: body for _, name, body, _ in _MARKED.findall(page)}


def rewritten(page: str) -> str:
    """The page with its marked tables as they should be."""
    return _MARKED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[4]}", page)


if __name__ == "__main__":
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text("utf-8")
        if (new := rewritten(text)) != text:
            path.write_text(new, "utf-8")
