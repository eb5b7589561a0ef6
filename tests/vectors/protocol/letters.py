"""Builds batches from the text of `docs/protocol.md`, step by step, with every value at hand.

It asks the suites for their primitives and nothing else of this project, so that it can be
wrong where the gateway is right, and the other way round.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from keys import base64url
from keys.suites import SUITES, jwk
from keys.suites.suite import SigningKey
from tests.vectors.protocol.cities import NOW, SUITE_OF, roll, signing_keys

EPOCH_SECRET = bytes(range(32))


def text(value: object) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def some_id(number: int) -> str:
    """A UUIDv7 of the vectors' time: the last digits tell it from the others."""
    milliseconds = int(NOW.timestamp() * 1000)
    head = f"{milliseconds:012x}"
    return f"{head[:8]}-{head[8:]}-7000-8000-{number:012x}"


@dataclass
class Letter:
    """One message: its envelope, its sealed parts, and how they came about."""

    envelope: dict[str, Any]
    sealed: list[bytes] = field(default_factory=list)
    steps: dict[str, Any] = field(default_factory=dict)
    exact: str | None = None

    @property
    def raw(self) -> str:
        return text(self.envelope) if self.exact is None else self.exact


def letter(
    sender: str,
    receiver: str,
    kind: str,
    case_id: str,
    sequence: int,
    number: int,
    body: object,
    files: Mapping[str, tuple[str, bytes]] | None = None,
    *,
    context_of: tuple[str, str] | None = None,
    info_of: str | None = None,
    salted: bool = True,
    more: int = 0,
    **fields: object,
) -> Letter:
    """A message whose parts are sealed with `EPOCH_SECRET`. The keywords make it wrong."""
    message_id = some_id(number)
    theirs, ours = SUITES[SUITE_OF[receiver]], SUITES[SUITE_OF[sender]]
    published = roll().member(receiver).sealing_keys[0]
    context = "\n".join(("tongban/epoch/1", *(context_of or (sender, receiver)))).encode()
    wrapped = jwk.sealing_key(published.kid, published.jwk).wrap(EPOCH_SECRET, context)
    plain: dict[str, tuple[str, bytes]] = {
        **({"body": ("application/json", text(body).encode())} if body is not None else {}),
        **(files or {}),
    }
    parts, sealed, steps = [], [], []
    for name, (media_type, data) in plain.items():
        info = f"tongban/part/1\n{info_of or message_id}\n{name}".encode()
        key = theirs.part_key(EPOCH_SECRET, info)
        cipher = theirs.encrypt(key, data, info)
        sealed.append(cipher)
        parts.append(
            {
                "name": name,
                "media_type": media_type,
                "size": len(data) + more,
                "sealed_size": len(cipher),
                "digest": ours.digest(cipher).hex(),
                "plain_digest": ours.digest((key.salt if salted else b"") + data).hex(),
            }
        )
        steps.append(
            {
                "name": name,
                "plain": base64.b64encode(data).decode(),
                "info": info.decode(),
                "key": key.key.hex(),
                "nonce": key.nonce.hex(),
                "salt": key.salt.hex(),
            }
        )
    envelope: dict[str, Any] = {
        "id": message_id,
        "kind": kind,
        "contract": "1.0",
        "sender": sender,
        "receiver": receiver,
        "case_id": case_id,
        "sequence": sequence,
        "created_at": moment(NOW),
        "expires_at": moment(NOW + timedelta(days=3)),
        "sealing": {"key": published.kid, "secret": base64.b64encode(wrapped).decode()},
        "parts": parts,
        **fields,
    }
    return Letter(
        envelope,
        sealed,
        {"secret": EPOCH_SECRET.hex(), "context": context.decode(), "parts": steps},
    )


def tree(sender: str, leaves: Sequence[bytes]) -> tuple[list[bytes], str, list[list[str]]]:
    """Leaf hashes, root and paths, after RFC 6962, written down plainly."""
    digest = SUITES[SUITE_OF[sender]].digest
    hashes = [digest(b"\x00" + leaf) for leaf in leaves]
    paths: list[list[str]] = [[] for _ in hashes]
    level, members = list(hashes), [[index] for index in range(len(hashes))]
    while len(level) > 1:
        above, above_members = [], []
        for left in range(0, len(level) - 1, 2):
            for index in members[left]:
                paths[index].append(level[left + 1].hex())
            for index in members[left + 1]:
                paths[index].append(level[left].hex())
            above.append(digest(b"\x01" + level[left] + level[left + 1]))
            above_members.append(members[left] + members[left + 1])
        if len(level) % 2:
            above.append(level[-1])
            above_members.append(members[-1])
        level, members = above, above_members
    return hashes, level[0].hex(), paths


def claims(
    sender: str, receiver: str, letters: Sequence[Letter], **changed: object
) -> dict[str, Any]:
    """What a batch seal says of `letters`."""
    return {
        "iss": sender,
        "aud": receiver,
        "iat": int(NOW.timestamp()),
        "jti": some_id(0xB),
        "digest": SUITES[SUITE_OF[sender]].digest_name,
        "size": len(letters),
        "root": tree(sender, [each.raw.encode() for each in letters])[1],
        **changed,
    }


def token(
    sender: str,
    payload: Mapping[str, object] | str,
    *,
    kid: str | None = None,
    key: SigningKey | None = None,
    spoil: bool = False,
    **header: object,
) -> str:
    """A compact JWS over `payload`; `header` replaces or adds fields, None takes one away."""
    held = signing_keys(sender)
    signer = key or held[kid or next(iter(held))]
    head = {"alg": signer.alg, "kid": signer.kid, "typ": "tongban.batch", **header}
    head_text = text({name: value for name, value in head.items() if value is not None})
    body_text = payload if isinstance(payload, str) else text(payload)
    signed = ".".join(base64url.encode(each.encode()) for each in (head_text, body_text))
    signature = bytearray(signer.sign(signed.encode()))
    signature[-1] ^= 1 if spoil else 0
    return f"{signed}.{base64url.encode(bytes(signature))}"


def batch(sender: str, letters: Sequence[Letter], seal: str) -> dict[str, Any]:
    """The body of the request."""
    paths = tree(sender, [each.raw.encode() for each in letters])[2]
    return {
        "seal": seal,
        "messages": [
            {
                "envelope": each.raw,
                "path": path,
                "parts": [base64.b64encode(part).decode() for part in each.sealed],
            }
            for each, path in zip(letters, paths, strict=True)
        ],
    }


def sealed(sender: str, receiver: str, *letters: Letter, **changed: object) -> dict[str, Any]:
    """An honest batch, but for `changed` claims."""
    return batch(sender, letters, token(sender, claims(sender, receiver, letters, **changed)))
