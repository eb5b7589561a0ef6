"""A member city without a gateway: it builds batches by hand, and can lie at any step.

How the wire works, in the order of the code below:

1. A part is sealed: the plain bytes are encrypted under a key derived from the epoch secret,
   which is wrapped to a sealing key of the receiver (`Forger.letter`).
2. An envelope says who, to whom, which case, which kind, which sequence, and names each
   part with its sizes and digests. Its exact bytes are what counts (`Letter.raw`).
3. The envelopes are the leaves of a hash tree; the claims of the seal hold its root
   (`Forger.claims`).
4. The seal is a compact JWS over these claims, in the sender's name (`Forger.token`).
5. Seal, envelopes, paths and sealed parts are one JSON body (`Forger.batch`), and that body
   is posted (`Forger.post`).
6. The answer is a receipts seal and a result a message, which are checked (`Answer`).

A test takes what a step made, changes it, and goes on with the next.
"""

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from contracts.envelope import CONTRACT
from contracts.ids import uuid7
from contracts.messages import BODY, BODY_TYPE
from contracts.model import Model
from contracts.seal import BATCH_TYPE
from contracts.tree import inclusion_paths, leaf_hash
from gateway.exchange.home import epoch_context, part_info
from keys import base64url
from keys.sealing import Epoch, salted_digest
from keys.suites import SUITES, jwk
from keys.suites.suite import SigningKey
from keys.trust.member import Member, MemberKey
from tests.processes.answer import Answer, post

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def new_id() -> str:
    """A UUIDv7, for messages, cases and seals."""
    return uuid7(int(datetime.now(UTC).timestamp() * 1000), os.urandom(10))


@dataclass
class Letter:
    """One message: the envelope as a JSON object, and its parts as they travel.

    `exact`, when set, is sent instead of what `envelope` would give.
    """

    envelope: dict[str, Any]
    sealed: list[bytes]
    exact: bytes | None = None

    @property
    def raw(self) -> bytes:
        return orjson.dumps(self.envelope) if self.exact is None else self.exact

    @property
    def case_id(self) -> str:
        return str(self.envelope["case_id"])


@dataclass
class Forger:
    """A member whose keys a test holds. `entry` is what the members' list says of it."""

    code: str
    suite: str = "intl"
    kid: str = "sign-1"
    address: str = "http://127.0.0.1:9"
    signing: dict[str, SigningKey] = field(default_factory=dict)
    published: list[MemberKey] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.new_key(self.kid)

    @property
    def key(self) -> SigningKey:
        """The key that an honest seal is signed with."""
        return self.signing[self.kid]

    def new_key(
        self,
        kid: str,
        *,
        valid_from: datetime = LONG_AGO,
        valid_to: datetime | None = None,
        closed_at: datetime | None = None,
    ) -> None:
        """A signing key, published with its days."""
        key = self.signing[kid] = SUITES[self.suite].new_signing_key(kid)
        self.published.append(
            MemberKey(
                kid=kid,
                jwk=key.public().jwk(),
                valid_from=valid_from,
                valid_to=valid_to,
                closed_at=closed_at,
            )
        )

    @property
    def entry(self) -> Member:
        opening = SUITES[self.suite].new_opening_key("open-1")
        return Member(
            code=self.code,
            name=f"city {self.code}",
            suite=self.suite,
            address=self.address,
            signing_keys=tuple(self.published),
            sealing_keys=(
                MemberKey(kid="open-1", jwk=opening.public().jwk(), valid_from=LONG_AGO),
            ),
        )

    def digest(self, data: bytes) -> bytes:
        return SUITES[self.suite].digest(data)

    # --- steps 1 and 2: parts and envelope -----------------------------------------------------

    def letter(
        self,
        to: Member,
        kind: str,
        body: Model | bytes,
        *,
        case_id: str | None = None,
        sequence: int = 1,
        files: Mapping[str, bytes] | None = None,
        sealed_to: Member | None = None,
        **fields: object,
    ) -> Letter:
        """A message to `to`; `fields` replace or add fields of the envelope."""
        message_id = str(fields.get("id") or new_id())
        target = sealed_to or to
        sealing_key = target.sealing_keys[0]
        epoch = Epoch(
            SUITES[target.suite],
            jwk.sealing_key(sealing_key.kid, sealing_key.jwk),
            epoch_context(self.code, target.code),
        )
        plain = {BODY: body.to_json() if isinstance(body, Model) else body, **(files or {})}
        parts, sealed = [], []
        for name, data in plain.items():
            cipher, salt = epoch.seal(data, part_info(message_id, name))
            sealed.append(cipher)
            parts.append(
                {
                    "name": name,
                    "media_type": BODY_TYPE if name == BODY else "application/octet-stream",
                    "size": len(data),
                    "sealed_size": len(cipher),
                    "digest": self.digest(cipher).hex(),
                    "plain_digest": salted_digest(self.digest, salt, data).hex(),
                }
            )
        now = datetime.now(UTC)
        envelope = {
            "id": message_id,
            "kind": kind,
            "contract": CONTRACT,
            "sender": self.code,
            "receiver": to.code,
            "case_id": case_id or new_id(),
            "sequence": sequence,
            "created_at": now.isoformat(),
            "expires_at": (now + timedelta(hours=1)).isoformat(),
            "sealing": {
                "key": epoch.key_id,
                "secret": base64.b64encode(epoch.wrapped).decode(),
            },
            "parts": parts,
            **fields,
        }
        return Letter(envelope, sealed)

    # --- steps 3 and 4: tree and seal -----------------------------------------------------------

    def claims(self, to: Member, letters: Sequence[Letter], **changed: object) -> dict[str, Any]:
        """What the seal says; `changed` replaces or adds claims."""
        root, _ = self._tree(letters)
        return {
            "iss": self.code,
            "aud": to.code,
            "iat": int(datetime.now(UTC).timestamp()),
            "jti": new_id(),
            "digest": SUITES[self.suite].digest_name,
            "size": len(letters),
            "root": root.hex(),
            **changed,
        }

    def token(
        self,
        claims: Mapping[str, object] | bytes,
        *,
        kid: str | None = None,
        header: Mapping[str, object] | bytes | None = None,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """The compact JWS, signed with the key `kid`.

        `header` is merged into the honest one, or replaces it as bytes; `sign` signs instead.
        """
        key = self.signing[kid or self.kid]
        honest = {"alg": key.alg, "kid": key.kid, "typ": BATCH_TYPE}
        head = header if isinstance(header, bytes) else orjson.dumps({**honest, **(header or {})})
        payload = claims if isinstance(claims, bytes) else orjson.dumps(dict(claims))
        signed = f"{base64url.encode(head)}.{base64url.encode(payload)}"
        signature = (sign or key.sign)(signed.encode())
        return f"{signed}.{base64url.encode(signature)}"

    # --- step 5: the body -----------------------------------------------------------------------

    def batch(
        self, to: Member, letters: Sequence[Letter], token: str | None = None, **changed: object
    ) -> dict[str, Any]:
        """The body of the request; without a `token`, `changed` are claims of its seal."""
        _, paths = self._tree(letters)
        return {
            "seal": token or self.token(self.claims(to, letters, **changed)),
            "messages": [
                {
                    "envelope": letter.raw.decode(),
                    "path": [step.hex() for step in path],
                    "parts": [base64.b64encode(part).decode() for part in letter.sealed],
                }
                for letter, path in zip(letters, paths, strict=True)
            ],
        }

    def post(self, url: str, batch: Mapping[str, object] | bytes) -> Answer:
        """Send a body, exactly as it is when it is bytes."""
        body = batch if isinstance(batch, bytes) else orjson.dumps(dict(batch))
        return post(url, body)

    def send(self, url: str, to: Member, *letters: Letter, **changed: object) -> Answer:
        """Steps 3 to 5 at once."""
        return self.post(url, self.batch(to, letters, None, **changed))

    def _tree(self, letters: Sequence[Letter]) -> tuple[bytes, list[list[bytes]]]:
        return inclusion_paths(
            self.digest, [leaf_hash(self.digest, letter.raw) for letter in letters]
        )
