"""The adapters of the built-in profiles, loaded once, and where the sample documents lie."""

from functools import cache
from pathlib import Path

from adapters.adapter import Adapter
from adapters.families import table
from adapters.profiles.load import builtin_profile, load_adapter

VECTORS = Path(__file__).parents[2] / "vectors"
FAMILIES = Path(table.__file__).parent
"""Where the newer families keep their samples: `<family>/samples`, `canonical` beside them."""


@cache
def adapter(city: str) -> Adapter:
    return load_adapter(builtin_profile(city))


def up_pro() -> Adapter:
    return adapter("410100")


def gdbs() -> Adapter:
    return adapter("440100")


def gbt39046() -> Adapter:
    return adapter("410200")


def case_json() -> Adapter:
    return adapter("410300")


def contract() -> Adapter:
    return adapter("430100")
