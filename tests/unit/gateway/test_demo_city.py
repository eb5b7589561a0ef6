"""The demonstration reads a city's folder as the city's own system would."""

from pathlib import Path

from gateway.demo.city import City


def test_a_document_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    city = City("410100", "郑州市", "sm", "up_pro", "utf-8", tmp_path, 8410, 9410)
    city.out.mkdir(parents=True)
    (city.out / ".01-case.accept-7.jsonl").touch()
    assert city.documents("case.accept") == []
    (city.out / "01-case.accept-7.jsonl").touch()
    assert [each.name for each in city.documents("case.accept")] == ["01-case.accept-7.jsonl"]
