"""Profiles: all mistakes at once, each with file, row and column; overrides reach the codec."""

import json
from pathlib import Path

import pytest

from adapters.profiles.load import (
    builtin_profile,
    builtin_profiles,
    load_adapter,
    load_profile,
)
from contracts.codes import split_implementation_code
from contracts.errors import SettingsInvalid
from contracts.messages import Kind
from tests.unit.adapters.cities import VECTORS, published_key

CROSSWALK = (
    "base_code,name,region,authority_name,authority_code,implementation_code,local_code,note\n"
)


def profile(folder: Path, toml: str = "", codes: str = "", crosswalk: str = CROSSWALK) -> Path:
    base = (builtin_profile("410100") / "profile.toml").read_text(encoding="utf-8")
    (folder / "profile.toml").write_text(toml or base, encoding="utf-8")
    (folder / "codes.csv").write_text(codes, encoding="utf-8")
    (folder / "crosswalk.csv").write_text(crosswalk, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "code", ["410100", "410200", "410700", "410300", "410800", "419001", "430100", "440100"]
)
def test_the_profiles_that_come_with_it_hold(code: str) -> None:
    assert code in builtin_profiles()
    found = load_profile(builtin_profile(code))
    assert (found.city, found.jurisdiction.region) == (code, code)
    assert load_adapter(builtin_profile(code), published_key).city == code
    assert len({row.base_code for row in found.crosswalk.rows}) >= 12
    for row in found.crosswalk.rows:
        assert row.implementation_code
        assert split_implementation_code(row.implementation_code).base_code == row.base_code
        assert split_implementation_code(row.implementation_code).credit_code == row.authority_code


def test_the_crosswalks_name_matters_of_the_published_list() -> None:
    from adapters import translate

    listed = Path(translate.__file__).parent / "data" / "kuasheng_matters.csv"
    names = {line.split(",")[0] for line in listed.read_text(encoding="utf-8").splitlines()}
    for code in builtin_profiles():
        assert {row.name for row in load_profile(builtin_profile(code)).crosswalk.rows} <= names


def test_every_city_knows_the_matters_of_every_other() -> None:
    shipped = {code for code in builtin_profiles() if code.isdigit()}  # others: a further format
    for code in shipped:
        rows = load_profile(builtin_profile(code)).crosswalk.rows
        assert {row.region for row in rows} >= shipped, code


@pytest.mark.parametrize("code", ["", "000000", "../410100", "４１０１００"])
def test_a_profile_that_does_not_come_with_it(code: str) -> None:
    with pytest.raises(SettingsInvalid, match="no profile comes with tongban"):
        builtin_profile(code)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    toml = (
        'city = "410100"\nfamily = "up_pro"\nencoding = "utf-16"\nfamly = 1\n'
        '[jurisdiction]\nregion = "4101"\n[statements]\nclose = "maybe"\nclosed = "off"\n'
        '[options]\ndepartment = "x"\n'
    )
    codes = (
        "table,code,meaning,note\nevnt,1,close,\nevent,,close,\nevent,12,closing,\nevent,1,close\n"
    )
    crosswalk = CROSSWALK + "1,,410100,,,,,\n"
    with pytest.raises(SettingsInvalid) as caught:
        load_profile(profile(tmp_path, toml, codes, crosswalk))
    starts = [
        "codes.csv row 2 column table: the family has no table 'evnt'",
        "codes.csv row 3 column code: it is empty",
        "codes.csv row 4 column meaning: table event has no word 'closing'",
        "codes.csv row 5: 3 cells instead of 4",
        "crosswalk.csv row 2 column base_code: ",
        "crosswalk.csv row 2 column name: it is empty",
        "profile.toml famly: unknown key",
        "profile.toml jurisdiction.region: ",
        "profile.toml encoding: encoding 'utf-16' is none of utf-8",
        "profile.toml statements.closed: unknown key",
        "profile.toml statements.close: 'maybe' is none of both",
        "profile.toml options.department: unknown key",
        "profile.toml name: a text is needed",
    ]
    assert len(caught.value.mistakes) == len(starts)
    for mistake, start in zip(caught.value.mistakes, starts, strict=True):
        assert mistake.startswith(start)


def test_a_missing_profile_is_one_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_profile(tmp_path)
    assert caught.value.mistakes == ["profile.toml: the file is missing"]


def test_codes_of_a_clerk_replace_those_of_the_family(tmp_path: Path) -> None:
    codes = "﻿table,code,meaning,note\nevent,77,receive,their own code\n"
    adapter = load_adapter(profile(tmp_path, codes=codes))
    sample = (VECTORS / "up_pro" / "bad-unknown-code-event-name.jsonl").read_bytes()
    (draft,) = adapter.read(sample)
    assert draft.kind is Kind.RECEIVE
    (document,) = adapter.write(draft).documents
    assert json.loads(document.data)["row"]["event_name"] == "77"


def test_a_code_or_meaning_that_is_given_twice_is_a_mistake(tmp_path: Path) -> None:
    codes = "table,code,meaning,note\nevent,77,receive,\nevent,77,close,\nevent,78,receive,\n"
    with pytest.raises(SettingsInvalid) as caught:
        load_profile(profile(tmp_path, codes=codes))
    assert [m.split(":")[0] for m in caught.value.mistakes] == [
        "codes.csv row 3 column code",
        "codes.csv row 4 column code",
    ]


def test_a_statement_can_be_switched_on(tmp_path: Path) -> None:
    toml = (builtin_profile("410100") / "profile.toml").read_text(encoding="utf-8")
    toml = toml.replace('receive_by_accept = "off"', 'receive_by_accept = "read"')
    crosswalk = (builtin_profile("410100") / "crosswalk.csv").read_text(encoding="utf-8")
    adapter = load_adapter(profile(tmp_path, toml, crosswalk=crosswalk))
    sample = (VECTORS / "up_pro" / "05-accept-repeats-application.jsonl").read_bytes()
    assert [draft.kind for draft in adapter.read(sample)] == [Kind.RECEIVE, Kind.ACCEPT]


def test_two_writers_of_one_kind_are_a_mistake(tmp_path: Path) -> None:
    toml = (builtin_profile("410100") / "profile.toml").read_text(encoding="utf-8")
    toml = toml.replace('receive_by_accept = "off"', 'receive_by_accept = "both"')
    with pytest.raises(SettingsInvalid, match=r"accept writes case\.receive too"):
        load_profile(profile(tmp_path, toml))
