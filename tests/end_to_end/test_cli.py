"""The command line from end to end: two cities meet, exchange one case, and look at it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.command import tongban
from tests.end_to_end.members import FINGERPRINT, meet, new_member, running
from tests.processes.patience import LONG, until

_VECTORS = Path(__file__).parents[1] / "vectors"
_FILING = _VECTORS / "up_pro" / "01-submit-with-materials.jsonl"
_NUMBER = "4101002020112400017"
_PERSON, _MASKED = "林晓岚", "林*岚"


@pytest.fixture
def zhengzhou(tmp_path: Path) -> Path:
    return new_member(tmp_path / "410100", "410100", "sm")


@pytest.fixture
def guangzhou(tmp_path: Path) -> Path:
    return new_member(tmp_path / "440100", "440100", "intl")


# --- joining ----------------------------------------------------------------------------------


def test_a_member_is_taken_in_once_its_fingerprints_were_compared(
    zhengzhou: Path, guangzhou: Path
) -> None:
    entry = guangzhou / "member.json"
    before = (zhengzhou / "members.json").read_bytes()
    unasked = tongban("members", "add", entry, "--home", zhengzhou)
    assert unasked.code == 2
    assert "广州市" in unasked.err
    assert "--yes" in unasked.err
    assert (zhengzhou / "members.json").read_bytes() == before

    added = tongban("members", "add", entry, "--home", zhengzhou, "--yes")
    assert added.code == 0
    listed = tongban("members", "list", variables={"TONGBAN_HOME": str(zhengzhou)})
    assert "广州市 440100" in listed.out
    shown, known = (set(FINGERPRINT.findall(text)) for text in (added.out, listed.out))
    assert len(shown) == 3
    assert shown < known

    again = tongban("members", "add", entry, "--home", zhengzhou)
    assert again.code == 0
    assert "未作改动" in again.out


def test_a_member_may_not_lose_a_key(zhengzhou: Path, guangzhou: Path, tmp_path: Path) -> None:
    meet(zhengzhou, guangzhou)
    entry = json.loads((guangzhou / "member.json").read_bytes())
    entry["signing_keys"][0]["kid"] = "another"
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(entry))
    refused = tongban("members", "add", changed, "--home", zhengzhou, "--yes")
    assert refused.code == 2
    assert "never removed" in refused.err


# --- one case ---------------------------------------------------------------------------------


def test_one_case_from_a_document_to_a_proof(
    zhengzhou: Path, guangzhou: Path, tmp_path: Path
) -> None:
    meet(zhengzhou, guangzhou)
    submitted = tongban("case", "submit", _FILING, "--home", zhengzhou)
    assert submitted.code == 0, submitted.err
    assert _NUMBER in submitted.out
    case = _case_json(zhengzhou, _NUMBER)
    assert [m["receipt"] for m in case["messages"]] == ["queued"], "no gateway runs yet"

    with running(zhengzhou, guangzhou):
        until(lambda: _knows(guangzhou, case["case"]), "Guangzhou has the case")
        answer = tmp_path / "answer.xml"
        sample = _VECTORS / "gdbs" / "02-pre-acceptance-wsysl.xml"
        answer.write_text(sample.read_text("utf-8").replace(_NUMBER, case["case"]), "utf-8")
        answered = tongban("case", "submit", answer, "--home", guangzhou)
        assert answered.code == 0, answered.err
        followed = tongban(
            *("case", "follow", _NUMBER, "--home", zhengzhou, "--until", "received"),
            *("--timeout", str(LONG)),
        )
        assert followed.code == 0, followed.err
        assert "郑州市 → 广州市  提交  已收妥" in followed.out
        assert "广州市 → 郑州市  收件  已收妥" in followed.out

    _look_at_the_case(zhengzhou)
    _look_at_the_message(zhengzhou, _case_json(zhengzhou, _NUMBER)["messages"][1]["id"])
    assert _both_see(zhengzhou, guangzhou, case["case"])


def _look_at_the_case(home: Path) -> None:
    listed = tongban("case", "list", "--home", home)
    assert re.search(rf"郑州市 → 广州市 +已收件 +广州市: 受理… +{_NUMBER}", listed.out)
    shown = tongban("case", "show", _NUMBER, "--home", home).out
    assert "下一步    广州市: 受理, 不予受理 或 补正告知" in shown
    assert re.search(r"── 提交 ─+▶  已收妥", shown)
    assert re.search(r"◀─+ 收件 ──  已收妥", shown)
    assert _MASKED in shown
    assert _PERSON not in shown
    assert _PERSON in tongban("case", "show", _NUMBER, "--home", home, "--open").out
    english = tongban("--lang", "en", "case", "show", _NUMBER, "--home", home).out
    assert re.search(r"next +440100|next +广州市 440100: accept, decline or", english)
    assert re.search(r"◀─+ receive ──  taken", english)


def _look_at_the_message(home: Path, message: str) -> None:
    closed = tongban("message", "show", message, "--home", home)
    assert closed.code == 0, closed.err
    assert closed.out.count("✓ 签名、路径、树根均成立") == 2
    assert "Ed25519 / sha-256" in closed.out
    assert "SM2 / sm3" in closed.out
    assert "何家伟" not in closed.out
    opened = tongban("message", "show", message, "--home", home, "--open", "--lang=en")
    assert opened.out.count("✓ signature, path and root hold") == 2
    assert "何家伟" in opened.out


def _case_json(home: Path, name: str) -> dict[str, Any]:
    shown = tongban("case", "show", name, "--home", home, "--json")
    assert shown.code == 0, shown.err
    assert _PERSON not in shown.out
    return dict(json.loads(shown.out))


def _knows(home: Path, case: object) -> bool:
    return tongban("case", "show", str(case), "--home", home, "--json").code == 0


def _both_see(one: Path, other: Path, case: object) -> bool:
    """Times of recording and numbers aside, which are each city's own."""
    views = [_case_json(home, str(case)) for home in (one, other)]
    for view in views:
        del view["number"]
        for message in view["messages"]:
            del message["recorded_at"]
    return views[0] == views[1]


def test_the_same_document_twice_does_nothing_twice(zhengzhou: Path, guangzhou: Path) -> None:
    meet(zhengzhou, guangzhou)
    first = tongban("case", "submit", _FILING, "--home", zhengzhou)
    second = tongban("case", "submit", _FILING, "--home", zhengzhou)
    assert (first.code, second.code) == (0, 0)
    assert "此前已提交" in second.out
    assert len(_case_json(zhengzhou, _NUMBER)["messages"]) == 1


def test_following_ends_when_the_time_is_over(zhengzhou: Path, guangzhou: Path) -> None:
    meet(zhengzhou, guangzhou)
    tongban("case", "submit", _FILING, "--home", zhengzhou)
    options = ("--home", zhengzhou, "--until", "delivered", "--timeout", "0.5")
    followed = tongban("case", "follow", _NUMBER, *options)
    assert followed.code == 1
    assert "时间已到" in followed.err


# --- errors -----------------------------------------------------------------------------------


def test_an_unknown_case_is_an_error_in_the_readers_language(zhengzhou: Path) -> None:
    chinese = tongban("case", "show", "nobody", "--home", zhengzhou)
    assert chinese.code == 1
    assert "没有找到  not_found" in chinese.err
    assert "办件 nobody" in chinese.err
    english = tongban("case", "show", "nobody", "--home", zhengzhou, "--lang", "en")
    assert "remedy  check the number" in english.err
    assert not re.search("[\u4e00-\u9fff]", english.err)


def test_a_folder_without_a_member_says_how_to_make_one(tmp_path: Path) -> None:
    ended = tongban("case", "list", "--home", tmp_path)
    assert ended.code == 2
    assert "tongban init" in " ".join(ended.err.split())  # a long path breaks the line


def test_a_case_for_a_city_that_is_no_member_is_refused(zhengzhou: Path) -> None:
    ended = tongban("case", "submit", _FILING, "--home", zhengzhou)
    assert ended.code == 1
    assert "member.unknown" in ended.err
    assert "成员 440100" in ended.err


def test_help_speaks_the_readers_language() -> None:
    assert "命令" in tongban("--help").out
    english = tongban("--help", variables={"TONGBAN_LANG": "en"}).out
    assert "Commands" in english
    assert not re.search("[\u4e00-\u9fff]", english)


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "absent.json", "--members", "absent.json"),
        ("case", "submit", "absent.json"),
        ("translate", "absent.json", "--from", "410100"),
        ("evidence", "export", "a-case", "-o", "absent/evidence.json"),
        ("message", "show", "no-such-message"),
        ("incident", "show", "no-such-incident"),
    ],
    ids=lambda arguments: "-".join(arguments[:2]),
)
def test_what_does_not_exist_is_an_error_and_no_trace(
    zhengzhou: Path, arguments: tuple[str, ...]
) -> None:
    ended = tongban(*arguments, "--lang", "en", variables={"TONGBAN_HOME": str(zhengzhou)})
    assert ended.code in {1, 2}
    assert "remedy" in ended.err or "Error" in ended.err


def test_what_a_member_keeps_is_for_its_owner_alone(zhengzhou: Path) -> None:
    assert tongban("case", "list", "--home", zhengzhou).code == 0
    assert zhengzhou.stat().st_mode & 0o077 == 0
    assert (zhengzhou / "store.sqlite").stat().st_mode & 0o077 == 0


def test_a_document_that_cannot_be_used_is_an_incident_with_its_bytes(
    zhengzhou: Path, tmp_path: Path
) -> None:
    with running(zhengzhou):
        (zhengzhou / "city" / "in").mkdir(parents=True, exist_ok=True)
        (zhengzhou / "city" / "in" / "wrong.jsonl").write_bytes(b"no document")
        until(
            lambda: "document" in tongban("incident", "list", "--home", zhengzhou).out,
            "an incident",
        )
    listed = tongban("incident", "list", "--home", zhengzhou, "--lang", "en").out
    incident = re.search(r"document/\S+", listed)
    assert incident is not None
    assert "wrong.jsonl" in listed
    output = tmp_path / "bytes"
    shown = tongban("incident", "show", incident[0], "--home", zhengzhou, "-o", output)
    assert shown.code == 0, shown.err
    assert output.read_bytes() == b"no document"
