"""A partner that answers batches by hand, and can lie at any step of its answer.

How an answer is made, in the order of the code below:

1. Each message gets a receipt that names it, the leaf hash of its exact envelope, and what
   became of it (`Liar.receipt`).
2. The receipts are the leaves of a tree; the claims of the receipts seal hold its root, and
   `answers` holds the `jti` of the batch (`Liar.reply`).
3. Seal, receipts and paths are the body of the answer.

A test gives a function that spoils one of these.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson

from contracts.seal import RECEIPTS_TYPE
from contracts.tree import inclusion_paths, leaf_hash
from keys.jws import unverified_claims
from keys.suites import DIGESTS
from tests.processes.forger import Forger, new_id

Json = dict[str, Any]


@dataclass
class Liar:
    """Answers for `forger`; the functions change what is passed to them, or replace it."""

    forger: Forger
    receipt_as: Callable[[Json], Json] = lambda receipt: receipt
    claims_as: Callable[[Json], Json] = lambda claims: claims
    token_as: Callable[[Json], str | None] | None = None
    reply_as: Callable[[Json], Json] = lambda reply: reply
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    asked: int = 0

    def receipt(self, message: Json, claims: Json) -> Json:
        envelope = orjson.loads(message["envelope"])
        leaf = leaf_hash(DIGESTS[claims["digest"]], message["envelope"].encode())
        return self.receipt_as(
            {
                "message": envelope["id"],
                "digest": leaf.hex(),
                "sender": envelope["sender"],
                "receiver": self.forger.code,
                "outcome": "taken",
                "at": datetime.now(UTC).isoformat(),
            }
        )

    def reply(self, batch: Json) -> bytes:
        claims: Json = dict(unverified_claims(batch["seal"]))
        receipts = [orjson.dumps(self.receipt(each, claims)) for each in batch["messages"]]
        digest = self.forger.digest
        root, paths = inclusion_paths(digest, [leaf_hash(digest, each) for each in receipts])
        made = self.claims_as(
            {
                "iss": self.forger.code,
                "aud": claims["iss"],
                "iat": int(datetime.now(UTC).timestamp()),
                "jti": new_id(),
                "digest": "sha-256",
                "size": len(receipts),
                "root": root.hex(),
                "answers": claims["jti"],
            }
        )
        honest = self.forger.token(made, header={"typ": RECEIPTS_TYPE})
        reply = {
            "seal": self.token_as(made) if self.token_as else honest,
            "results": [
                {"result": "taken", "receipt": each.decode(), "path": [s.hex() for s in path]}
                for each, path in zip(receipts, paths, strict=True)
            ],
        }
        return orjson.dumps(self.reply_as(reply))


@contextmanager
def listening(liar: Liar, port: int) -> Iterator[None]:
    """The liar's gateway, in a thread of the test."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            body = liar.reply(orjson.loads(asked)) if liar.body is None else liar.body
            liar.asked += 1
            self.send_response(liar.status)
            for name, value in {"Content-Length": str(len(body)), **liar.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet: what matters is asserted."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
