"""`tongban translate`: documents against profiles, without a member."""

import json
from pathlib import Path

from tests.end_to_end.command import tongban

_VECTORS = Path(__file__).parents[1] / "vectors"
_FILING = _VECTORS / "up_pro" / "01-submit-with-materials.jsonl"


def test_to_the_contract() -> None:
    ended = tongban("translate", _FILING, "--from", "410100")
    assert ended.code == 0, ended.err
    draft = json.loads(ended.out)
    assert draft["kind"] == "case.submit"
    assert draft["body"]["application"]["matter"]["base_code"] == "002014001000"


def test_to_another_city_with_what_it_cannot_say() -> None:
    ended = tongban("translate", _FILING, "--from", "410100", "--to", "440100")
    assert ended.code == 0
    assert '<standardInfo process="EX_GDBS_SB">' in ended.out
    assert "林晓岚" in ended.out
    assert "未能表达 · 提交" in ended.err
    assert "application.applicant.contact.address" in ended.err


def test_into_a_folder_in_the_citys_own_encoding(tmp_path: Path) -> None:
    options = ("--from", "410100", "--to", "440100", "--out", tmp_path / "out")
    ended = tongban("translate", _FILING, *options)
    assert ended.code == 0
    (document,) = (tmp_path / "out").iterdir()
    assert str(document) in ended.out
    assert "林晓岚" in document.read_bytes().decode("gb18030")


def test_a_wrong_field_is_named_with_its_remedy() -> None:
    bad = _VECTORS / "gdbs" / "bad-citizen-id-check-digit.xml"
    chinese = tongban("translate", bad, "--from", "440100")
    assert chinese.code == 1
    assert chinese.out == ""
    assert "document.invalid" in chinese.err
    assert "字段 EX_GDBS_LQDJ.LQRSFZJHM" in chinese.err
    assert "值 410***********0012" in chinese.err, "personal data is masked"
    assert "按提示的字段修正" in chinese.err
    english = tongban("--lang", "en", "translate", bad, "--from", "440100")
    assert "field EX_GDBS_LQDJ.LQRSFZJHM" in english.err
    assert "mend the field that is named" in english.err


def test_what_a_city_cannot_be_told_at_all_is_an_error() -> None:
    evaluation = _VECTORS / "up_pro" / "15-evaluate-1-is-best.jsonl"
    ended = tongban("translate", evaluation, "--from", "410100", "--to", "440100")
    assert ended.code == 1
    assert "document.not_carried" in ended.err


def test_an_unknown_profile_and_a_missing_file() -> None:
    assert tongban("translate", _FILING, "--from", "999999").code == 2
    missing = tongban("translate", "no-such-file", "--from", "410100")
    assert missing.code == 1
    assert "文件 no-such-file" in missing.err
