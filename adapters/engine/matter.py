"""The compound rule for the matter of an application, and for who handles it.

Native fields give codes and names; the crosswalk gives the rest: the base code on which the
cities meet, and the jurisdiction and authority that handle the matter there. What the
crosswalk adds when a document is read is no loss when it is written.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from adapters.engine.context import Context
from adapters.engine.crosswalk import NoSuchMatter, Row
from adapters.engine.fields import Lost, Tree
from adapters.engine.losses import Carried
from adapters.engine.rejection import Unfit
from adapters.engine.rules import MatterRule
from adapters.engine.values import DigitsValue, NoPlace, RegionValue
from contracts.codes import (
    check_credit_code,
    check_handling_item_code,
    check_implementation_code,
)
from contracts.codes.region import region as region_named
from contracts.errors import CodeInvalid

CARRIED: Mapping[str, Carried] = {
    "matter": {
        "base_code": True,
        "name": True,
        "implementation_code": True,
        "handling_item_code": True,
        "local_code": {"scheme": True, "value": True},
        "version": True,
    },
    "handling": {"region": True, "name": True, "authority_name": True, "authority_code": True},
}
"""The leaves that this rule answers for; it reports those that it cannot write itself."""

_NATIONAL = ("base_code", "implementation_code")
"""Codes that name a matter without the help of a local one."""

_NAMING = (*_NATIONAL, "local_code")
"""Codes of which a document must hold one, or nobody could read which matter it means."""

_CHECKED = {
    "implementation_code": check_implementation_code,
    "handling_item_code": check_handling_item_code,
    "authority_code": check_credit_code,
}


class MatterPlan:
    """Reads and writes `matter` and `handling` of an application."""

    def __init__(self, rule: MatterRule, context: Context, *, numeric_version: bool) -> None:
        self.columns = rule.columns()
        self._crosswalk = context.crosswalk
        self._scheme = context.scheme
        self._numeric_version = numeric_version
        self._stands_alone = not self.columns.keys().isdisjoint(_NATIONAL)

    def read(self, values: Mapping[str, str], application: Tree, kept: dict[str, str]) -> None:
        """Fill in `matter` and `handling`. Raises NoSuchMatter."""
        said = {
            what: values[column].strip() if what.endswith("code") else values[column]
            for what, column in self.columns.items()
            if column in values
        }
        for what, check in _CHECKED.items():
            if what in said:
                try:
                    check(said[what])
                except CodeInvalid:
                    kept[self.columns[what]] = values[self.columns[what]]
                    del said[what]
        if "region" in said:
            try:
                said["region"] = RegionValue().read(said["region"])
            except Unfit:
                kept[self.columns["region"]] = said.pop("region")
        row = self._crosswalk.find(
            base=said.get("base_code"),
            implementation=said.get("implementation_code"),
            local=said.get("local_code"),
            region=said.get("region"),
            authority=said.get("authority_code"),
        )
        matter = {
            "base_code": row.base_code,
            "name": said.get("name", row.name),
            "implementation_code": said.get("implementation_code", row.implementation_code),
        }
        for what in ("handling_item_code", "version"):
            if what in said:
                matter[what] = said[what]
        if "local_code" in said:
            application["matter"] = {
                **matter,
                "local_code": {"scheme": self._scheme, "value": said["local_code"]},
            }
        else:
            application["matter"] = matter
        application["handling"] = _handling(said, row)

    def write(self, application: Tree, out: dict[str, str], lost: Lost) -> None:
        """Write what the fields can say and report the rest. Raises NoSuchMatter."""
        matter, handling = application["matter"], application["handling"]
        local = matter.get("local_code") or {}
        own = local.get("value") if local.get("scheme") == self._scheme else None
        row = self._crosswalk.find(
            base=matter["base_code"],
            implementation=matter.get("implementation_code"),
            local=own,
            region=handling["region"],
            authority=handling.get("authority_code"),
        )
        if own != row.local_code and not self._stands_alone:
            own = None  # the crosswalk does not know it, so nobody could read it again
        says: dict[str, str | None] = {
            "base_code": matter["base_code"],
            "name": matter["name"],
            "implementation_code": matter.get("implementation_code") or row.implementation_code,
            "handling_item_code": matter.get("handling_item_code"),
            "local_code": own or row.local_code,
            "version": self._version(matter.get("version"), lost),
            "region": handling["region"],
            "region_name": handling.get("name"),
            "authority_name": handling.get("authority_name"),
            "authority_code": handling.get("authority_code"),
        }
        if not any(says[what] for what in _NAMING if what in self.columns):
            kinds = " or ".join(w.replace("_", " ") for w in _NAMING if w in self.columns)
            raise NoSuchMatter(f"the crosswalk names no {kinds} for {row.base_code}")
        for what, column in self.columns.items():
            text = says[what]
            if text is not None:
                out[column] = text
        lost.extend(self._unsaid(matter, handling, row, own))

    def _version(self, version: str | None, lost: Lost) -> str | None:
        if version is None or not self._numeric_version:
            return version
        try:
            return DigitsValue().write(version)
        except NoPlace as error:
            lost.append(("application.matter.version", error.why))
            return None

    def _unsaid(
        self, matter: Tree, handling: Tree, row: Row, own: str | None
    ) -> Iterator[tuple[str, str]]:
        why = "no field for it, and the crosswalk says otherwise"
        for what, restored in (
            ("implementation_code", row.implementation_code),
            ("name", row.name),
            ("handling_item_code", None),
            ("version", None),
        ):
            if what not in self.columns and matter.get(what) not in (None, restored):
                yield f"application.matter.{what}", why
        why_local = "not a local code of this city, or not one that its crosswalk knows"
        if matter.get("local_code") and (own is None or "local_code" not in self.columns):
            yield "application.matter.local_code.scheme", why_local
            yield "application.matter.local_code.value", why_local
        said = {what: handling[name] for what, name in _PLACES.items() if name in handling}
        back = _handling({what: said[what] for what in self.columns if what in said}, row)
        for what in ("region", "name", "authority_name", "authority_code"):
            if handling.get(what) not in (None, back.get(what)):
                yield f"application.handling.{what}", why


_AUTHORITY = ("authority_name", "authority_code")
_PLACES = {"region": "region", "region_name": "name", **{what: what for what in _AUTHORITY}}


def _handling(said: Mapping[str, Any], row: Row) -> dict[str, str]:
    """The handling jurisdiction: region and authority as said, else by the crosswalk.

    The two halves of an authority are never taken from two sources, unless both mean the
    same authority.
    """
    handling = {"region": said.get("region", row.region)}
    with suppress(CodeInvalid):
        handling["name"] = region_named(handling["region"]).name
    if "region_name" in said:
        handling["name"] = said["region_name"]
    stated = {what: said[what] for what in _AUTHORITY if what in said}
    known = {
        what: value
        for what, value in (
            ("authority_name", row.authority_name),
            ("authority_code", row.authority_code),
        )
        if value is not None
    }
    if not stated or any(known.get(what) == value for what, value in stated.items()):
        return {**handling, **known, **stated}
    return {**handling, **stated}
