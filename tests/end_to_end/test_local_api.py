"""A city's own system, with a token, over the local API of a gateway that runs."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adapters.families.contract.codec import ContractAdapter
from contracts.local import local_openapi
from tests.end_to_end.command import tongban
from tests.processes.city import City, cities
from tests.processes.drafts import APPLICANT, submission
from tests.processes.patience import LONG, until
from tests.processes.ports import free_port

US, THEM = "410100", "440100"
UNKNOWN = "tongban_0123456789abcdef_" + "A" * 43


@dataclass
class System:
    """What calls."""

    city: City
    port: int
    tokens: dict[str, str]

    def call(
        self, way: str, body: bytes | None = None, *, token: str | None, **headers: str
    ) -> tuple[int, dict[str, Any], Any]:
        given = {"Content-Type": "application/json"} if body is not None else {}
        if token is not None:
            given["Authorization"] = f"Bearer {self.tokens.get(token, token)}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/local/v1/{way}", data=body, headers=given | headers
        )
        try:
            with urllib.request.urlopen(request, timeout=LONG) as answer:
                return answer.status, json.load(answer), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.load(error), error.headers

    def submit(self, number: str, token: str = "desk") -> tuple[int, dict[str, Any], Any]:
        return self.call("cases", document(number), token=token)


def document(number: str) -> bytes:
    return ContractAdapter(US).write(submission(number, US, THEM)).documents[0].data


def new_token(home: Path, *scopes: str) -> str:
    options = [word for scope in scopes for word in ("--scope", scope)]
    made = tongban("token", "new", "--for", "gov-desk", *options, "--home", home)
    assert made.code == 0, made.err
    return made.out.strip()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with cities(tmp_path_factory.mktemp("local"), {US: "intl", THEM: "intl"}) as (us, them):
        tokens = {
            "desk": new_token(us.folder, "case.submit", "case.read"),
            "window": new_token(us.folder, "case.read"),
            "archive": new_token(us.folder, "case.read", "case.open"),
        }
        port = free_port()
        us.env["TONGBAN_LOCAL__LISTEN"] = f"127.0.0.1:{port}"
        for city in (us, them):
            city.start().ready()
        made = System(us, port, tokens)
        until(lambda: listens(made), "the local API listens")
        yield made


def listens(system: System) -> bool:
    try:
        return system.call("cases/x", token="window")[0] == 404
    except OSError:
        return False


def fits(model: str, said: object) -> None:
    schemas = local_openapi()["components"]["schemas"]
    schema = {"$ref": f"#/components/schemas/{model}", "components": {"schemas": schemas}}
    jsonschema.validate(said, schema, cls=jsonschema.Draft202012Validator)


def test_a_case_is_submitted_delivered_and_looked_at(system: System) -> None:
    fits("LocalSubmission", json.loads(document("L-1")))
    status, said, headers = system.submit("L-1")
    assert (status, said["number"]) == (201, "L-1")
    assert headers["Location"] == f"/local/v1/cases/{said['case']}"
    fits("LocalSubmitted", said)

    def received() -> bool:
        _, case, _ = system.call("cases/L-1", token="window")
        return bool(case["messages"][0]["receipt"] == "taken")

    until(received, "the other city gives its receipt")
    _, by_id, _ = system.call(f"cases/{said['case']}", token="window")
    fits("LocalCase", by_id)
    assert by_id["state"] == "submitted"
    assert by_id["handling"] == THEM


def test_what_people_wrote_needs_a_scope_of_its_own(system: System) -> None:
    system.submit("L-2")
    _, masked, _ = system.call("cases/L-2", token="window")
    _, whole, _ = system.call("cases/L-2", token="archive")
    assert APPLICANT not in json.dumps(masked, ensure_ascii=False)
    assert "body" not in masked["messages"][0]
    assert whole["applicant"] == APPLICANT
    assert whole["messages"][0]["body"]["application"]["applicant"]["name"] == APPLICANT
    fits("LocalCase", whole)


def test_the_same_submission_twice_does_nothing_twice(system: System) -> None:
    said = document("L-3")
    spread_out = json.dumps(json.loads(said), indent=2).encode()
    _, first, _ = system.call("cases", said, token="desk")
    status, again, _ = system.call("cases", spread_out, token="desk")
    assert (status, again["case"]) == (200, first["case"])
    assert "message" not in again
    assert len(system.call("cases/L-3", token="window")[1]["messages"]) == 1


def test_another_submission_under_the_same_number_is_refused(system: System) -> None:
    system.submit("L-4")
    other = json.loads(document("L-4"))
    other["body"]["application"]["applicant"]["name"] = "李四"
    status, problem, _ = system.call("cases", json.dumps(other).encode(), token="desk")
    assert (status, problem["code"]) == (409, "case.exists")


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [
        (None, 401, 'Bearer realm="tongban"'),
        (
            UNKNOWN,
            401,
            'Bearer realm="tongban", error="invalid_token"',
        ),
        (
            "window",
            403,
            'Bearer realm="tongban", error="insufficient_scope", scope="case.submit"',
        ),
    ],
)
def test_without_the_right_token_nothing_is_done(
    system: System, token: str | None, status: int, said: str
) -> None:
    answered, problem, headers = system.call("cases", document("L-5"), token=token)
    assert answered == status
    assert headers["WWW-Authenticate"] == said
    assert headers["Content-Type"].startswith("application/problem+json")
    fits("Problem", problem)
    assert system.call("cases/L-5", token="window")[0] == 404


def test_a_revoked_token_is_over_at_once(system: System) -> None:
    text = new_token(system.city.folder, "case.read")
    assert system.call("cases/none", token=text)[0] == 404
    token_id = text.split("_")[1]
    revoked = tongban("token", "revoke", token_id, "--home", system.city.folder)
    assert revoked.code == 0, revoked.err
    assert system.call("cases/none", token=text)[0] == 401
    listed = tongban("token", "list", "--home", system.city.folder)
    assert token_id in listed.out
    assert "已吊销" in listed.out
    assert text not in listed.out
    store = b"".join(file.read_bytes() for file in system.city.folder.glob("store.sqlite*"))
    assert text.rpartition("_")[2].encode() not in store, "kept hashed"
    assert text not in system.city.log()


def test_whoever_guesses_waits_and_others_do_not(system: System) -> None:
    wrong = "tongban_fedcba9876543210_" + "A" * 43
    answers = [system.call("cases/none", token=wrong) for _ in range(15)]
    assert answers[0][0] == 401
    assert answers[-1][0] == 429
    assert int(answers[-1][2]["Retry-After"]) >= 1
    assert system.call("cases/none", token="window")[0] == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "document.invalid"),
        (b"{", 422, "document.invalid"),
        (b"[" * 100_000, 422, "document.invalid"),
        (b"{}", 422, "document.invalid"),
        (b"\xff\xfe", 422, "document.invalid"),
        (b'{"number":"x","kind":"case.remind","body":{"reminded_at":"2026-01-01T08:00:00Z"}}', 422,
         "document.invalid"),
    ],
)  # fmt: skip
def test_what_is_no_submission_is_refused_by_name(
    system: System, body: bytes, status: int, code: str
) -> None:
    answered, problem, _ = system.call("cases", body, token="desk")
    assert (answered, problem["code"]) == (status, code)


def test_partners_do_not_reach_it(system: System) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{system.city.port}/local/v1/cases/L-1")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=LONG)
    assert caught.value.code == 404
    caught.value.close()


def test_only_this_machine_may_be_listened_to(system: System) -> None:
    variables = {"TONGBAN_LOCAL__LISTEN": "0.0.0.0:8411"}
    ended = tongban("run", system.city.folder, variables=variables)
    assert ended.code == 2
    assert "local.listen" in ended.err


def test_refused_tokens_are_counted(system: System) -> None:
    system.call("cases/none", token="nothing")
    with urllib.request.urlopen(f"http://127.0.0.1:{system.city.port}/metrics") as answer:
        text = answer.read().decode()
    assert 'tongban_tokens_refused_total{code="access.invalid"}' in text
