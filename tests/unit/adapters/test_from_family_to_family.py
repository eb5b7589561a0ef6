"""A sample of one family, handed over in another and read there: equal, or told as lost."""

from pathlib import Path

import pytest

from adapters.adapter import Adapter, Draft
from tests.property.adapters.leaves import leaves
from tests.property.adapters.test_there_and_back import NOT_CARRIED
from tests.unit.adapters.cities import FAMILIES, adapter, case_json, gbt39046

CITIES = ("410100", "410200", "410300", "410700", "410800", "419001", "430100", "440100")
ADDED = ("application.matter.", "application.handling.", "application.receiving.")
"""What the crosswalk and the profile of the reader know beside the document."""


def samples() -> list[object]:
    return [
        pytest.param(source, path, id=f"{family}-{path.stem}")
        for source, family, suffix in (
            (gbt39046(), "gbt39046", "xml"),
            (case_json(), "case_json", "json"),
        )
        for path in sorted((FAMILIES / family / "samples").glob(f"[0-9]*.{suffix}"))
    ]


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize(("source", "path"), samples())
def test_what_a_sample_says_arrives_or_is_told_as_lost(
    source: Adapter, path: Path, city: str
) -> None:
    for draft in source.read(path.read_bytes()):
        if draft.kind in NOT_CARRIED.get(city, ()):
            continue
        written = adapter(city).write(draft)
        lost = {loss.field for loss in written.losses}
        back = _of_kind(
            draft, [d for each in written.documents for d in adapter(city).read(each.data)]
        )
        if back is None:
            assert "result" in lost, "only an end of another kind may be read as another kind"
            continue
        told = {field for field in lost if "native" in field}
        said, read = leaves(draft.body), leaves(back.body)
        kept = {
            field: value
            for field, value in said.items()
            if field not in lost and not any(field.startswith(f"{native}.") for native in told)
        }
        assert {field: read.get(field) for field in kept} == kept
        assert (
            not {f for f in read if f not in said and not f.startswith(ADDED)} - lost - {"result"}
        )


def _of_kind(draft: Draft, drafts: list[Draft]) -> Draft | None:
    return next((each for each in drafts if each.kind is draft.kind), None)
