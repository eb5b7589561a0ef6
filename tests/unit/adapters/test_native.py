"""What a family alone can say is kept under `native`, and written again by that family alone."""

from datetime import UTC, datetime

import pytest

from adapters.adapter import Draft
from contracts.messages import AcceptBody, Kind, ReceiveBody
from tests.unit.adapters.cities import VECTORS, gdbs, up_pro

NOW = datetime(2020, 11, 24, 1, 40, tzinfo=UTC)


def accept(native: object) -> tuple[str, list[str]]:
    body = AcceptBody.model_validate({"accepted_at": NOW, "native": native})
    written = up_pro().write(Draft("1", Kind.ACCEPT, body))
    return written.documents[0].data.decode(), sorted(loss.field for loss in written.losses)


def test_what_was_kept_is_written_again() -> None:
    text, losses = accept({"up_pro_accept": {"cd_batch": "7", "local_catalog_code": "L"}})
    assert '"cd_batch":"7"' in text
    assert '"local_catalog_code":"L"' in text
    assert not losses


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("cd_operation", "D"),
        ("row_guid", "0"),
        ("is_sync", "1"),
        ("project_no", "2"),
        ("accept_date", "2000-01-01 00:00:00"),
        ("x; drop table up_pro_accept", "1"),
        ("cd_batch", "7" * 33),
        ("task_version", "1e9"),
        ("cd_batch", 7),
    ],
)
def test_a_partner_cannot_reach_fields_that_are_not_free(column: str, text: object) -> None:
    said, losses = accept({"up_pro_accept": {column: text}})
    assert f'"{column}":"{text}"' not in said
    assert losses == [f"native.up_pro_accept.{column}"]


@pytest.mark.parametrize(
    ("native", "losses"),
    [
        ({"EX_GDBS_SL": {"GXDXZQHDM": "440100"}}, ["native.EX_GDBS_SL"]),
        ("x", ["native"]),
        ({"up_pro_accept": "x"}, ["native.up_pro_accept"]),
        ({"other": 3}, ["native.other"]),
        ({}, []),
    ],
)
def test_what_is_not_ours_is_a_loss(native: object, losses: list[str]) -> None:
    assert accept(native)[1] == losses


def test_a_text_that_may_be_free_is_kept_where_the_family_has_a_fixed_one() -> None:
    (draft,) = up_pro().read((VECTORS / "up_pro" / "02-receive.jsonl").read_bytes())
    assert isinstance(draft.body, ReceiveBody)
    assert '"process_name":"窗口收件"' in up_pro().write(draft).documents[0].data.decode()


def test_crossing_families_tells_what_was_kept_as_lost() -> None:
    (draft,) = gdbs().read((VECTORS / "gdbs" / "08-examination-spcl.xml").read_bytes())
    losses = {loss.field for loss in up_pro().write(draft).losses}
    assert {"native.EX_GDBS_SPCL", "kind", "status", "clerk.position"} <= losses
