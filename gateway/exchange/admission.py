"""Admission: a handling city's own say on a submission, before any receipt is given.

Refused by a signed receipt, the receiving window hears it while the applicant still stands
there; found out later, at the city's own system, it would be a letter.
"""

from collections.abc import Collection

from contracts.codes import city_of
from contracts.errors import CodeInvalid, Refusal
from contracts.messages import SubmitBody
from contracts.model import Model


class Admission:
    """Does the case belong here, from there, and do we have the matter?"""

    def __init__(self, us: str, matters: Collection[str] | None) -> None:
        """`matters`: the base codes this city handles; None when its list is not known."""
        self._us = us
        self._matters = frozenset(matters) if matters is not None else None

    def __call__(self, sender: str, body: Model) -> Refusal | None:
        """Why `sender` may not submit this, or None. Other bodies are none of its business."""
        if not isinstance(body, SubmitBody):
            return None
        application = body.application
        if not _speaks_for(self._us, application.handling.region):
            return _elsewhere("handling", application.handling.region, self._us)
        if not _speaks_for(sender, application.receiving.region):
            return _elsewhere("receiving", application.receiving.region, sender)
        base_code = application.matter.base_code
        if self._matters is not None and base_code not in self._matters:
            where = {"base_code": base_code}
            return Refusal("matter.unknown", f"{self._us} has no matter {base_code}", where)
        return None


def _speaks_for(city: str, region: str) -> bool:
    try:
        return city_of(region).code == city
    except CodeInvalid:
        return False


def _elsewhere(side: str, region: str, city: str) -> Refusal:
    return Refusal(
        "case.wrong_city", f"{side} region {region} is not in {city}", {f"{side}.region": region}
    )
