"""Encodings: strict both ways, GB2312 and GBK decoded as GB18030."""

import pytest

from adapters.engine.encoding import (
    ENCODINGS,
    declared_name,
    decode,
    encode,
    encode_rows,
    known_encoding,
    settled,
)
from adapters.engine.rejection import Unfit
from adapters.engine.row import Row
from contracts.errors import DocumentRejected

DISPUTED = {"A8BC": b"\xa8\xbc", "FE59": b"\xfe\x59", "FE61": b"\xfe\x61"}
EDITIONS = {
    "gb18030": {"A8BC": "\ue7c7", "FE59": "\ue81e", "FE61": "\ue826"},
    "gb18030-2005": {"A8BC": "\u1e3f", "FE59": "\ue81e", "FE61": "\ue826"},
    "gb18030-2022": {"A8BC": "\u1e3f", "FE59": "\u9fb4", "FE61": "\u9fb5"},
}
FOUR_BYTES = "\u3400\U00020000"  # neither is in GBK


@pytest.mark.parametrize("name", DISPUTED)
@pytest.mark.parametrize("edition", EDITIONS)
def test_disputed_characters_are_those_of_the_edition(edition: str, name: str) -> None:
    text = decode(b"\xd6\xd0" + DISPUTED[name], edition)
    assert text == "中" + EDITIONS[edition][name]
    assert encode(text, edition) == b"\xd6\xd0" + DISPUTED[name]


@pytest.mark.parametrize("data", DISPUTED.values(), ids=DISPUTED)
@pytest.mark.parametrize("declared", ["gb2312", "gbk"])
def test_what_is_declared_as_a_smaller_set_is_read_all_the_same(declared: str, data: bytes) -> None:
    assert encode(decode(data, declared), "gb18030") == data


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_edition_is_a_bijection(edition: str) -> None:
    plane = "".join(map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x10000))))
    assert decode(encode(plane, edition), edition) == plane


def test_an_edition_is_declared_by_the_name_of_the_standard() -> None:
    assert declared_name("gb18030-2022") == "GB18030"
    assert declared_name("utf-8") == "UTF-8"
    assert settled("gbk", "gb18030-2022") == "gb18030-2022"
    assert settled("utf-8", "gb18030-2022") == "utf-8"
    assert settled("gbk", "gb18030") == "gbk"


@pytest.mark.parametrize("declared", ["gb2312", "gbk", "gb18030"])
def test_characters_of_four_bytes_are_read_whatever_is_declared(declared: str) -> None:
    assert decode(FOUR_BYTES.encode("gb18030"), declared) == FOUR_BYTES


@pytest.mark.parametrize("encoding", ["gb2312", "gbk"])
def test_a_character_that_the_encoding_lacks_is_named_and_never_replaced(encoding: str) -> None:
    with pytest.raises(Unfit, match=r"U\+3400"):
        encode("张\u3400", encoding)


def test_gb2312_lacks_what_gbk_has() -> None:
    assert decode(encode("镕", "gbk"), "gb2312") == "镕"
    with pytest.raises(Unfit, match=r"U\+9555"):
        encode("镕", "gb2312")


@pytest.mark.parametrize("declared", ENCODINGS)
def test_valid_utf8_is_utf8_whatever_is_declared(declared: str) -> None:
    assert decode("通办，跨省".encode(), declared) == "通办，跨省"
    assert decode(b"\xef\xbb\xbf" + "通办".encode(), declared) == "通办"


def test_short_gbk_text_is_not_taken_for_utf8() -> None:
    assert decode("联通".encode("gbk"), "gbk") == "联通"


def test_gb_text_that_is_declared_utf8_is_an_error_with_its_line() -> None:
    with pytest.raises(Unfit, match="not utf-8: byte 5") as caught:
        decode(b"a\n" + "郑州".encode("gbk"), "utf-8")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("name", "meant"), [("UTF8", "utf-8"), ("GB_2312", "gb2312"), ("cp936", "gbk")]
)
def test_names_of_encodings(name: str, meant: str) -> None:
    assert known_encoding(name) == meant


@pytest.mark.parametrize("name", ["utf-16", "latin1", "", "idna"])
def test_other_encodings_are_refused(name: str) -> None:
    with pytest.raises(Unfit, match="is none of"):
        known_encoding(name)


def test_the_field_that_cannot_be_encoded_is_named() -> None:
    rows = (Row("t", {"a": "中", "b": "\u3400"}),)
    with pytest.raises(DocumentRejected, match="gbk has no character") as caught:
        encode_rows("中\u3400", rows, "gbk", "410100")
    assert caught.value.where == {"partner": "410100", "field": "t.b"}
