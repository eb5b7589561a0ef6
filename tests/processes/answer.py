"""A gateway's answer to a batch, taken apart and checked."""

import http.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from contracts.receipt import Receipt
from contracts.seal import RECEIPTS_TYPE
from contracts.tree import leaf_hash
from gateway.exchange.courier import BATCHES_PATH
from keys.batch_seal import check_path, check_seal
from keys.suites import DIGESTS
from keys.trust.trust_list import TrustList
from tests.processes.patience import LONG


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The stable code of an error answer."""
        assert self.status != 200, self.body
        assert self.headers["Content-Type"].startswith("application/problem+json")
        problem = orjson.loads(self.body)
        assert problem["status"] == self.status
        assert problem["trace"] == self.headers["Tongban-Trace"]
        return str(problem["code"])

    @property
    def detail(self) -> str:
        return str(orjson.loads(self.body)["detail"])

    @property
    def results(self) -> list[dict[str, Any]]:
        assert self.status == 200, self.body
        return list(orjson.loads(self.body)["results"])

    @property
    def outcomes(self) -> list[str]:
        """The result of each message, as `taken`, `duplicate`, `refused`, `later`."""
        return [result["result"] for result in self.results]

    @property
    def reasons(self) -> list[str | None]:
        """The code of each message's reason: in its receipt, or beside it for `later`."""
        reasons: list[str | None] = []
        for result in self.results:
            note = result.get("reason")
            if result.get("receipt"):
                note = orjson.loads(result["receipt"]).get("reason")
            reasons.append(note["code"] if note else None)
        return reasons

    @property
    def receipts(self) -> list[Receipt]:
        """Those results that bring one."""
        texts = [r["receipt"] for r in self.results if r.get("receipt")]
        return [Receipt.model_validate_json(text) for text in texts]

    def assert_sealed(self, trust: TrustList, *, by: str, to: str, answers: str | None) -> None:
        """The receipts are under one seal, which holds and answers this batch."""
        seal = check_seal(
            orjson.loads(self.body)["seal"],
            RECEIPTS_TYPE,
            trust=trust,
            us=to,
            now=datetime.now(UTC),
        )
        assert seal.iss == by
        assert answers is None or seal.answers == answers
        digest = DIGESTS[seal.digest]
        brought = [r for r in self.results if r.get("receipt")]
        assert seal.size == len(brought)
        for index, result in enumerate(brought):
            leaf = leaf_hash(digest, result["receipt"].encode())
            check_path(digest, seal, leaf, index, _texts(result["path"]))


def _texts(path: Sequence[object]) -> list[str]:
    return [str(step) for step in path]


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    path: str = BATCHES_PATH,
) -> Answer:
    """One request over a connection of its own; the answer whatever its status."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=LONG)
    try:
        connection.request(
            "POST", path, body, {"Content-Type": "application/json", **(headers or {})}
        )
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()
