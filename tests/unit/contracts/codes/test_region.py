"""Region codes: the table, what lies in what, and the long form."""

import json
from importlib import resources

import pytest

from contracts.codes.region import (
    Level,
    Region,
    check_region_code,
    city_of,
    members,
    region,
    region_code_from_twelve,
    within,
)
from contracts.errors import CodeInvalid


def test_there_are_eleven_member_cities() -> None:
    assert {city.code: city.name for city in members()} == {
        "410100": "郑州市",
        "410200": "开封市",
        "410300": "洛阳市",
        "410400": "平顶山市",
        "410700": "新乡市",
        "410800": "焦作市",
        "411000": "许昌市",
        "411100": "漯河市",
        "419001": "济源市",
        "430100": "长沙市",
        "440100": "广州市",
    }


def test_the_packaged_table_names_its_source_and_repeats_no_code() -> None:
    packaged = resources.files("contracts").joinpath("data", "regions.json")
    table = json.loads(packaged.read_text(encoding="utf-8"))
    assert "GB/T 2260" in table["source"]
    codes = [row["code"] for row in table["rows"]]
    assert len(codes) == len(set(codes))
    for code in codes:
        assert city_of(code) in members()


def test_a_region_has_name_and_level() -> None:
    assert region("440106") == Region("440106", "天河区", Level.COUNTY)
    assert region("440100") == Region("440100", "广州市", Level.CITY)
    assert region("419001") == Region("419001", "济源市", Level.COUNTY)


@pytest.mark.parametrize(
    ("code", "city"),
    [
        ("440106", "440100"),
        ("440100", "440100"),
        ("419001", "419001"),
        ("410381", "410300"),  # Yanshi, a city of its own until 2021
    ],
)
def test_city_of(code: str, city: str) -> None:
    assert city_of(code).code == city


@pytest.mark.parametrize(
    ("code", "position"),
    [("110105", 1), ("420106", 2), ("430200", 4), ("440199", 5), ("419002", 6)],
)
def test_a_code_outside_the_table_is_refused_where_it_leaves_it(code: str, position: int) -> None:
    with pytest.raises(CodeInvalid) as caught:
        region(code)
    assert caught.value.where == {"position": str(position), "character": code[position - 1]}


@pytest.mark.parametrize("code", ["110105", "419002", "410000"])
def test_a_code_outside_the_cities_has_no_city(code: str) -> None:
    with pytest.raises(CodeInvalid):
        city_of(code)


@pytest.mark.parametrize(
    ("code", "city", "answer"),
    [
        ("440106", "440100", True),
        ("440100", "440100", True),
        ("440100", "440106", False),
        ("440106", "410100", False),
        ("419001", "419001", True),
        ("419001", "419000", False),
        ("419002", "419001", False),
        ("410381", "410300", True),
    ],
)
def test_within(code: str, city: str, answer: bool) -> None:
    assert within(code, city) is answer


@pytest.mark.parametrize(
    ("code", "position"),
    [("", 1), ("44010", 6), ("4401000", 7), ("44010O", 6), ("４40100", 1), ("4٤0100", 2)],
)
def test_the_shape_is_six_ascii_digits(code: str, position: int) -> None:
    for question in (check_region_code, region, city_of):
        with pytest.raises(CodeInvalid) as caught:
            question(code)
        assert caught.value.where["position"] == str(position)
    with pytest.raises(CodeInvalid):
        within("440106", code)


def test_abolished_codes_keep_their_shape() -> None:
    assert check_region_code("410381") == "410381"


def test_the_long_form_is_read_when_asked_for() -> None:
    assert region_code_from_twelve("440100000000") == "440100"
    with pytest.raises(CodeInvalid):
        check_region_code("440100000000")


@pytest.mark.parametrize(
    ("value", "position"),
    [
        ("440106001000", 9),  # a town
        ("440106000001", 12),  # a village
        ("440100", 7),
        ("4401000000000", 13),
        ("44010000000０", 12),
    ],
)
def test_the_long_form_loses_nothing(value: str, position: int) -> None:
    with pytest.raises(CodeInvalid) as caught:
        region_code_from_twelve(value)
    assert caught.value.where["position"] == str(position)
