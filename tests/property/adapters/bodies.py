"""Strategies for the bodies of all kinds, made from the pydantic models themselves.

A field that a later version adds is drawn from the day it is added: what a family does with
it then shows in the properties.
"""

from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from adapters.engine.crosswalk import Crosswalk, Row
from contracts.applicant import Identity, IdType
from contracts.codes import credit_check_character
from contracts.matter import LocalCode, MatterRef
from contracts.messages import BODIES, Kind
from contracts.model import Model, Reference

FUNNY = "甲乙丙丁戊己庚辛，；。ẞAz09 <&>\"'|\t"
TEXT = st.text(st.sampled_from(FUNNY), min_size=1, max_size=20)
CODES = TEXT.map(str.strip).filter(bool)  # codes and numbers have no blanks at their ends
_SINCE, _UNTIL = datetime(1990, 1, 1), datetime(2090, 1, 1)  # noqa: DTZ001  # as hypothesis wants
FINE_TIMES = st.datetimes(_SINCE, _UNTIL, timezones=st.just(UTC))
TIMES = st.one_of(FINE_TIMES.map(lambda moment: moment.replace(microsecond=0)), FINE_TIMES)


_CITIZENS = ("11010519491231002X", "410102199003078213", "440106198512122321")
_BODIES = ("11410100MB900112", "11440100MB900451", "91410100MA900037")


def citizen_ids() -> st.SearchStrategy[str]:
    return st.sampled_from([_citizen(first) for first in _CITIZENS])


def credit_codes() -> st.SearchStrategy[str]:
    return st.sampled_from([_credit(first) for first in _BODIES])


def _citizen(text: str) -> str:
    total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(text[:17]))
    return text[:17] + "10X98765432"[total % 11]


def _credit(first: str) -> str:
    body = first.ljust(17, "7")
    return body + credit_check_character(body)


def identities() -> st.SearchStrategy[Identity]:
    others = [kind for kind in IdType if kind not in (IdType.CITIZEN_ID, IdType.CREDIT_CODE)]
    return st.one_of(
        citizen_ids().map(lambda n: Identity(type=IdType.CITIZEN_ID, number=n)),
        credit_codes().map(lambda n: Identity(type=IdType.CREDIT_CODE, number=n)),
        st.builds(
            Identity, type=st.sampled_from(others), number=st.from_regex(r"\A[A-Z0-9]{5,12}\Z")
        ),
    )


def drafted(kind: Kind, crosswalk: Crosswalk) -> st.SearchStrategy[Model]:
    """Bodies of `kind`, for matters that `crosswalk` knows."""
    if kind is Kind.SUBMIT:
        return st.sampled_from(crosswalk.rows).flatmap(
            lambda row: _of_model(
                BODIES[kind], {"matter": _matters(row), "handling": _handling(row)}
            )
        )
    return _of_model(BODIES[kind], {})


def _matters(row: Row) -> st.SearchStrategy[MatterRef]:
    local = st.builds(
        LocalCode, scheme=st.sampled_from(["zz-local", "gz-local", "gd26"]), value=CODES
    )
    return st.builds(
        MatterRef,
        base_code=st.just(row.base_code),
        name=st.one_of(st.just(row.name), TEXT),
        implementation_code=st.sampled_from([None, row.implementation_code]),
        local_code=st.one_of(st.none(), local),
        version=st.sampled_from([None, "1", "20", "V2"]),
    )


def _handling(row: Row) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"region": st.just(row.region)},
        optional={
            "name": TEXT,
            "authority_name": st.one_of(st.just(row.authority_name), TEXT),
            "authority_code": st.one_of(st.just(row.authority_code), credit_codes()),
        },
    )


def _of_model(
    model: type[BaseModel], given: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Any]:
    if model is Identity:
        return identities()
    due: dict[str, st.SearchStrategy[Any]] = {}
    free: dict[str, st.SearchStrategy[Any]] = {}
    for name, info in model.model_fields.items():
        strategy = given.get(name, _named(name))
        if strategy is None:
            strategy = _of_type(info.rebuild_annotation(), given)
        (due if info.is_required() else free)[name] = strategy
    return st.fixed_dictionaries(due, optional=free).map(model.model_validate)


def _named(name: str) -> st.SearchStrategy[Any] | None:
    return {
        "region": st.sampled_from(["410100", "440106", "430100"]),
        "authority_code": credit_codes(),
        "certificate_id": st.just(
            "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"
        ),
        "mobile": st.from_regex(r"\A1[3-9][0-9]{9}\Z"),
        "contact_code": CODES,
        "fields": st.dictionaries(st.sampled_from(["甲", "b"]), TEXT, max_size=2),
        "currency": st.sampled_from(["CNY", "HKD"]),
    }.get(name)


def _of_type(annotation: Any, given: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        if annotation == Reference:
            return CODES
        return _of_type(get_args(annotation)[0], given)
    if origin in (Union, UnionType):
        inner = next(part for part in get_args(annotation) if part is not type(None))
        return _of_type(inner, given)
    if origin is tuple:
        return st.lists(_of_type(get_args(annotation)[0], given), max_size=3).map(tuple)
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return _of_model(annotation, given)
        if issubclass(annotation, Enum):
            return st.sampled_from(annotation)
    return {
        str: TEXT,
        int: st.integers(0, 99_999),
        bool: st.booleans(),
        datetime: TIMES,
    }[annotation]
