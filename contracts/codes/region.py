"""Region codes after GB/T 2260, and the table of the member cities and their districts.

A code has six digits: province 2, city 2, county 2. A city that is ruled by its province
directly, such as Jiyuan (419001), stands at county level under `90` and is a city of its
own here.

Two questions are kept apart. Whether a code *may be* a region code is a question of its
shape alone (`check_region_code`): districts are founded and abolished, and old papers keep
old codes. Whether it *is* one of ours is a question to the table (`region`).
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from contracts.codes.failing import failing
from contracts.codes.layout import DIGIT, Field, Layout, check_layout

LAYOUT = Layout(
    (
        Field("province", 2, DIGIT),
        Field("city", 2, DIGIT),
        Field("county", 2, DIGIT),
    )
)
_TWELVE = Layout((*LAYOUT, Field("town and village", 6, DIGIT)))
_RULED_BY_PROVINCE = "90"
_NO_PLACE_BELOW_COUNTY = "000000"


class Level(StrEnum):
    """Level of a region in GB/T 2260."""

    CITY = "city"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Region:
    """One row of the table: `440106`, 天河区, county."""

    code: str
    name: str
    level: Level


def check_region_code(value: str) -> str:
    """Return `value` if it has the shape of a region code: six digits.

    Raises CodeInvalid at the first character that may not stand there.
    """
    check_layout("region code", value, LAYOUT)
    return value


def region(code: str) -> Region:
    """The member city, or district of one, that bears `code`.

    Raises CodeInvalid for a malformed code and for one that is not in the table, then at
    the first digit from which no region of ours goes on.
    """
    check_region_code(code)
    found = _table().get(code)
    if found is None:
        position = _first_unknown(code)
        raise failing(code, position, f"region code {code}: no member city or district bears it")
    return found


def city_of(code: str) -> Region:
    """The member city that `code` lies in; a city lies in itself.

    The first four digits decide, so a district that was abolished since still leads to its
    city. Raises CodeInvalid for a malformed code and for one outside the member cities.
    """
    return region(_city_code(check_region_code(code)))


def within(code: str, city: str) -> bool:
    """Whether `code` is `city` or lies in it.

    Raises CodeInvalid when either is malformed.
    """
    return _city_code(check_region_code(code)) == check_region_code(city)


@cache
def members() -> tuple[Region, ...]:
    """The eleven member cities, in the order of their codes."""
    return tuple(row for row in _table().values() if row.code == _city_code(row.code))


def region_code_from_twelve(value: str) -> str:
    """The six-digit code in a statistical code of twelve digits: `440100000000` → `440100`.

    Partners send the long form (county 6, town 3, village 3) for the same regions. It is
    read here and nowhere else, so that a six-digit field never takes it by accident. The
    last six digits must be zeros: a town or village would be lost. Raises CodeInvalid at
    the first character that is not as it should be.
    """
    what = "region code of twelve digits"
    check_layout(what, value, _TWELVE)
    tail = value[6:]
    if tail != _NO_PLACE_BELOW_COUNTY:
        position = 7 + len(tail) - len(tail.lstrip("0"))
        detail = f"{what}: it names a town or village, which six digits cannot carry"
        raise failing(value, position, detail)
    return value[:6]


@cache
def _table() -> dict[str, Region]:
    packaged = resources.files("contracts").joinpath("data", "regions.json")
    rows = json.loads(packaged.read_text(encoding="utf-8"))["rows"]
    regions = (Region(row["code"], row["name"], Level(row["level"])) for row in rows)
    return {row.code: row for row in sorted(regions, key=lambda row: row.code)}


def _city_code(code: str) -> str:
    return code if code[2:4] == _RULED_BY_PROVINCE else f"{code[:4]}00"


def _first_unknown(code: str) -> int:
    """Position of the first digit from which no code of the table goes on."""
    return next(
        position
        for position in range(1, len(code) + 1)
        if not any(known.startswith(code[:position]) for known in _table())
    )
