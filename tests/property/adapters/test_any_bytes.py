"""Whatever bytes come: a document is read whole or refused in words, and nothing else happens."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.errors import DocumentRejected
from contracts.reasons import REASONS
from tests.unit.adapters.cities import FAMILIES, VECTORS, adapter
from tests.unit.adapters.test_kstb import SAMPLES as KSTB
from tests.vectors.epoint.make import ENVELOPE
from tests.vectors.epoint.make import SAMPLES as EPOINT

CITIES = ("410100", "440100", "430100", "419001", "410100-kstb", "410200", "410300")
ADAPTERS = {city: adapter(city) for city in CITIES}
SAMPLES = {
    "410100": sorted((VECTORS / "up_pro").glob("[0-9]*.jsonl")),
    "440100": sorted((VECTORS / "gdbs").glob("[0-9]*.xml")),
    "430100": sorted(EPOINT.glob("[0-9]*.json")),
    "410100-kstb": sorted(KSTB.glob("[0-9]*.xml")),
    "419001": sorted((VECTORS / "up_pro" / "expected").glob("*.jsonl")),
    "410300": sorted((FAMILIES / "case_json" / "samples").glob("*.json")),
    "410200": sorted((FAMILIES / "gbt39046" / "samples").glob("*.xml")),
}


def read(city: str, document: bytes) -> None:
    rejection = None
    try:
        ADAPTERS[city].read(document)
    except DocumentRejected as error:
        rejection = error
    if rejection is not None:
        assert rejection.code in REASONS
        assert rejection.where["partner"] == city[:6]


@pytest.mark.parametrize("city", ADAPTERS)
@given(document=st.binary(max_size=300))
@example(document=b'{"table":"up_pro_process","row":{"project_no":"\\ud800","event_name":"01"}}')
@example(document=b'{"number":"\\ud800","kind":"case.remind","body":{}}')
@example(document=b'{"number":"1","kind":["a"],"body":{"reminded_at":1e999}}')
@example(document=b'{"type":10,"case":{"unid":"1"},"body":{"attrs":[[]]}}')
@example(document=b'[{"type":1e3},{"type":99,"case":{"unid":"1","case.unid":1}}]')
@example(document=b'{"table":{"a":1},"row":{"project_no":[]}}')
@settings(max_examples=100)
def test_any_bytes(city: str, document: bytes) -> None:
    read(city, document)


@pytest.mark.parametrize("city", ADAPTERS)
@given(data=st.data())
@settings(max_examples=300)
def test_samples_with_a_piece_changed(city: str, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(SAMPLES[city])).read_bytes()
    start = data.draw(st.integers(0, len(original)))
    length = data.draw(st.integers(0, 12))
    piece = data.draw(
        st.one_of(
            st.binary(max_size=6), st.sampled_from([b"null", b'"', b"[]", b"-1", b"<", b"&#0;"])
        )
    )
    read(city, original[:start] + piece + original[start + length :])


@given(data=st.data())
@settings(max_examples=300)
def test_samples_of_epoint_with_a_piece_changed_in_the_clear(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(sorted((EPOINT / "clear").glob("*.xml")))).read_bytes()
    start = data.draw(st.integers(0, len(original)))
    length = data.draw(st.integers(0, 12))
    piece = data.draw(st.one_of(st.binary(max_size=6), st.sampled_from([b"<", b"&#0;", b"</"])))
    changed = original[:start] + piece + original[start + length :]
    read("430100", json.dumps({"xmlStr": ENVELOPE.seal(changed)}).encode())
