"""The adapters of the built-in profiles, loaded once, and where the sample documents lie."""

from functools import cache
from pathlib import Path

from adapters.adapter import Adapter
from adapters.profiles.load import builtin_profile, load_adapter

VECTORS = Path(__file__).parents[2] / "vectors"


@cache
def adapter(city: str) -> Adapter:
    return load_adapter(builtin_profile(city))


def up_pro() -> Adapter:
    return adapter("410100")


def gdbs() -> Adapter:
    return adapter("440100")


def contract() -> Adapter:
    return adapter("430100")
