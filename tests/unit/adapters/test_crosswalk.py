"""The crosswalk: base code first, then explicit pairs, then none. Never a guess."""

import pytest

from adapters.engine.crosswalk import Crosswalk, NoSuchMatter, Row, parse_crosswalk

ZZ = Row("002014001000", "核验", "410100", "郑州人社", None, None, "ZZ1")
GZ_A = Row("002014001000", "核验", "440100", "广州人社", "11440100MB2C91891K", None, "GZ1")
GZ_B = Row("002014001000", "核验", "440100", "天河人社", None, None, "GZ2")
OTHER = Row("000131001001", "设立", "410100", None, None, None, "ZZ9")
CROSSWALK = Crosswalk((ZZ, GZ_A, GZ_B, OTHER))


def test_the_base_code_wins_over_a_local_code() -> None:
    assert CROSSWALK.find(base="000131001001", local="ZZ1") is OTHER


def test_a_local_code_chooses_among_rows_of_one_base_code() -> None:
    assert CROSSWALK.find(base="002014001000", local="GZ2") is GZ_B
    assert CROSSWALK.find(local="GZ1") is GZ_A


def test_the_region_and_the_authority_choose() -> None:
    assert CROSSWALK.find(base="002014001000", region="410105") is ZZ
    found = CROSSWALK.find(base="002014001000", region="440100", authority="11440100MB2C91891K")
    assert found is GZ_A


@pytest.mark.parametrize(
    "asked",
    [
        {"base": "009999999000"},
        {"local": "ZZ2"},
        {"implementation": "11440100MB2C91891K3442025036000"},
        {"base": "000131001001", "region": "440100"},
        {},
    ],
)
def test_what_is_not_there_is_not_guessed(asked: dict[str, str]) -> None:
    with pytest.raises(NoSuchMatter, match="the crosswalk has no row"):
        CROSSWALK.find(**asked)


def test_several_rows_are_not_guessed_among() -> None:
    with pytest.raises(NoSuchMatter, match="3 rows"):
        CROSSWALK.find(base="002014001000")
    with pytest.raises(NoSuchMatter, match="2 rows"):
        CROSSWALK.find(base="002014001000", region="440100")


HEADER = "base_code,name,region,authority_name,authority_code,implementation_code,local_code,note\n"


def test_all_mistakes_are_told_with_row_and_column() -> None:
    text = (
        "# remark\n"
        + HEADER
        + "002014001000,核验,410100,,,,ZZ1,\n"
        + "00201400100,,4101,,11440100MB2C91891L,,ZZ1,\n"
        + "002014001000,核验\n"
    )
    crosswalk, mistakes = parse_crosswalk(text, "crosswalk.csv")
    assert len(crosswalk.rows) == 1
    places = [mistake.split(":")[0] for mistake in mistakes]
    assert places == [
        "crosswalk.csv row 4 column base_code",
        "crosswalk.csv row 4 column name",
        "crosswalk.csv row 4 column region",
        "crosswalk.csv row 4 column authority_code",
        "crosswalk.csv row 4 column local_code",
        "crosswalk.csv row 5",
    ]


def test_other_columns_are_refused() -> None:
    _, mistakes = parse_crosswalk("a,b\n", "crosswalk.csv")
    assert mistakes[0].startswith("crosswalk.csv row 1: the columns must be base_code,name")
