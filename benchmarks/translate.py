"""Translations a second of the sample documents, each family, each direction."""

import time
from collections.abc import Callable
from functools import partial

from adapters.adapter import Draft
from adapters.profiles.load import builtin_profile, load_adapter, load_profile
from benchmarks.members import RECEIVER, SENDER, sample_draft

_SECONDS = 1.0
_PROFILES = {
    "up_pro": "410100",
    "gdbs": "440100",
    "epoint": "430100",
    "kstb": "410100-kstb",
    "contract": "419001",
    "gbt39046": "410200",
    "case_json": "410300",
}


def _published_key(_reference: str) -> str:
    """The key of the examples in GB/T 32907-2016, appendix A."""
    return "0123456789ABCDEFFEDCBA9876543210"


class Translation:
    """Reads a submission in the sender's format and writes it in the receiver's."""

    def __init__(self) -> None:
        ours, theirs = (load_adapter(builtin_profile(code)) for code in (SENDER, RECEIVER))
        self._document = ours.write(sample_draft(1)).documents[0].data
        self._read, self._write = ours.read, theirs.write

    def __call__(self) -> None:
        for draft in self._read(self._document):
            self._write(draft)


def measure() -> dict[str, float]:
    """``translate.<family>.write_per_s`` and ``…read_per_s`` of a 2 KiB submission."""
    found = {}
    for family, code in _PROFILES.items():
        adapter = load_adapter(builtin_profile(code), _published_key)
        draft = _fitting(sample_draft(1), code)
        document = adapter.write(draft).documents[0].data
        found[f"translate.{family}.write_per_s"] = _rate(partial(adapter.write, draft))
        found[f"translate.{family}.read_per_s"] = _rate(partial(adapter.read, document))
    return found


def _fitting(draft: Draft, name: str) -> Draft:
    """The sample, made out to the city whose profile writes it, for a matter that it knows."""
    profile = load_profile(builtin_profile(name))
    row = next(row for row in profile.crosswalk.rows if row.region == profile.city)
    application = draft.body.application  # type: ignore[attr-defined]
    handling = application.handling.model_copy(update={"region": profile.city})
    matter = application.matter.model_copy(update={"base_code": row.base_code, "name": row.name})
    body = draft.body.model_copy(
        update={
            "application": application.model_copy(update={"handling": handling, "matter": matter})
        }
    )
    return Draft("BENCH-1", draft.kind, body)


def _rate(work: Callable[[], object]) -> float:
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < _SECONDS:
        for _ in range(50):
            work()
        count += 50
    return count / (time.perf_counter() - started)
