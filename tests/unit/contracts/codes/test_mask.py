"""Masks: what is kept, and that short things are hidden entirely."""

import pytest

from contracts.codes.mask import mask_citizen_id, mask_mobile, mask_name


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("11010519491231002X", "110***********002X"),
        ("110105491231002", "110********1002"),
        ("1101051949", "**********"),
        ("", ""),
        ("1\n010519491231002X", "1*0***********002X"),
    ],
)
def test_citizen_id(text: str, masked: str) -> None:
    assert mask_citizen_id(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "+86*******5678"),
        ("62180000", "********"),
    ],
)
def test_mobile(text: str, masked: str) -> None:
    assert mask_mobile(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("", ""),
        ("张", "*"),
        ("张三", "张*"),
        ("张小三", "张*三"),
        ("欧阳小三", "欧**三"),
        ("John Smith", "J********h"),
    ],
)
def test_name(text: str, masked: str) -> None:
    assert mask_name(text) == masked
