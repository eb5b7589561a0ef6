"""Masking: no identity or mobile number leaves by the log, and nothing else is touched."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest

from gateway.logs import mask, set_up_logs

ID, MOBILE = "11010519491231002X", "13812345678"


OLD_ID = "110105491231002"


def hidden(text: str) -> bool:
    masked = mask(text)
    digits = re.sub(r"[^0-9Xx]", "", masked)
    found = any(number in digits for number in (ID, MOBILE, OLD_ID, ID[6:14], ID[3:-4]))
    return not found and masked != text


@pytest.mark.parametrize(
    "text",
    [
        ID,
        ID.lower(),
        f"身份证{ID}无效",
        f"the id {ID}, and more",
        f'{{"number":"{ID}"}}',
        f"number={ID};",
        f"({ID})",
        f"The id is {ID}.",
        MOBILE,
        f"手机{MOBILE}停机",
        f'{{"mobile":"{MOBILE}"}}',
        f"call {MOBILE}, please",
        f"Call {MOBILE}.",
        f"电话:{MOBILE}。",
        f"+86{MOBILE}",
        f"+86-{MOBILE}",
        f"0086{MOBILE}",
        f"tel-{MOBILE}",
        f"tel.{MOBILE}",
        f"{MOBILE}-{ID}",
        f"{MOBILE}/{MOBILE}",
        f"ID{ID}",
        f"id{ID.lower()}, please",
        f"idNo={ID}",
        "138 1234 5678",
        "138-1234-5678",
        "手机138 1234 5678停机",
        "+86 138-1234-5678.",
        "+86138 1234 5678",
        "0086-138-1234-5678",
        OLD_ID,
        f"证件号{OLD_ID}。",
        f"ID{OLD_ID}",
        f'{{"number":"{OLD_ID}"}}',
        f"The id is {OLD_ID}.",
    ],
)
def test_numbers_of_persons_are_hidden_wherever_they_stand(text: str) -> None:
    assert hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "019cac0f-2680-70c7-b1f0-138123456789",
        "13812345-2680-70c7-b1f0-cfe50ae94944",
        "019cac0f-2680-70c7-b1f0-13812345678a",
        "1772413200123",
        "2026-03-02T01:00:00.13812345678Z",
        "0.13812345678",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "110105194912310021" + "a" * 46,
        "11440100MB2C91891K3442025036000",
        "穗-2026-0001",
        "12812345678",
        "138123456789",
        "4101002020112400017",
        "case 4101002020112400017 of A4101002020112400017",
        "138-12345678-1234",
        "138 12345 678",
        "0138-1234-5678",
        "2026-03-02T01:00:00.138 1234 5678",
        "110105491331002",
        "110105491232002",
        "990105491231002",
        "1101054912310020",
        "0.110105491231002",
        "110105491231002.5",
        "1772413200123456",
        "177241320012345",
        "a11010519491331002X",
        "e3b0c44298fc1c149afbf4c8996fb9211010519491231002a",
        "sequence 100000000000001",
        "019cac0f-1380-7123-8456-110105491231",
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert mask(text) == text


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    before = list(logging.getLogger().handlers), logging.getLogger().level
    set_up_logs(level="info", style="json")
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    text = io.StringIO()
    handler.setStream(text)
    yield text
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)


def test_a_line_is_one_json_object_with_its_numbers_hidden(log: io.StringIO) -> None:
    logging.getLogger("tongban.test").warning("of %s: %s", "𠮷田", ID)
    (line,) = log.getvalue().splitlines()
    event = json.loads(line)
    assert event["event"].startswith("of 𠮷田: ")
    assert (event["level"], event["logger"]) == ("warning", "tongban.test")
    assert ID not in line


def test_a_traceback_is_masked_as_well(log: io.StringIO) -> None:
    try:
        raise ValueError(f"cannot read {ID}")
    except ValueError:
        logging.getLogger("tongban.test").exception("failed for %s", MOBILE)
    assert "cannot read" in log.getvalue()
    assert ID not in log.getvalue()
    assert MOBILE not in log.getvalue()
