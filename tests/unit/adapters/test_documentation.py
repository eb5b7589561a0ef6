"""The worked example of the documentation is true."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.adapter import Draft
from adapters.engine.context import Context
from adapters.engine.crosswalk import Crosswalk
from adapters.engine.mapping import load_mapping
from adapters.engine.row import Row
from adapters.engine.translator import Translator
from contracts.errors import DocumentRejected
from contracts.messages import DeliverBody, DeliveryWay, Kind

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "mapping.md"
AT = datetime(2020, 11, 24, 7, 30, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def translator() -> Translator:
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return Translator(load_mapping(found[1]), Context("410100", {}, "local", Crosswalk(())))


def test_the_row_reads_as_the_page_says_and_is_written_again(translator: Translator) -> None:
    row = {"no": "17", "at": "20201124153005", "who": "林晓岚", "code": "01", "memo": "x"}
    (draft,) = translator.read([Row("T", row)])
    assert draft.number == "17"
    assert draft.body.model_dump(exclude_none=True) == {
        "delivered_at": AT,
        "way": "counter",
        "taker_name": "林晓岚",
        "native": {"T": {"memo": "x"}},
    }
    rows, losses = translator.write(draft)
    assert (rows[0].values, losses) == ({**row, "code": "1"}, [])


def test_the_losses_are_those_of_the_page(translator: Translator) -> None:
    body = DeliverBody(delivered_at=AT, way=DeliveryWay.ELECTRONIC, waybill="SF1")
    rows, losses = translator.write(Draft("17", Kind.DELIVER, body))
    assert rows[0].values["code"] == "2"
    assert {loss.field: loss.why for loss in losses} == {
        "way": "written as 2, which means courier",
        "waybill": "small has no field for it in case.deliver",
    }


def test_what_the_family_demands_and_cannot_say_is_refused(translator: Translator) -> None:
    body = DeliverBody(delivered_at=AT, way=DeliveryWay.OTHER)
    with pytest.raises(DocumentRejected, match="table way has no code for other"):
        translator.write(Draft("17", Kind.DELIVER, body))
