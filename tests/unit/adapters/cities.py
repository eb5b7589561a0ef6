"""The adapters of the built-in profiles, loaded once, and where the sample documents lie."""

from functools import cache
from pathlib import Path

from adapters.adapter import Adapter
from adapters.families import table
from adapters.profiles.load import builtin_profile, load_adapter

VECTORS = Path(__file__).parents[2] / "vectors"
FAMILIES = Path(table.__file__).parent
"""Where the newer families keep their samples: `<family>/samples`, `canonical` beside them."""
SM4_KEY = "0123456789ABCDEFFEDCBA9876543210"
"""The key of the examples in GB/T 32907-2016, appendix A: published, and no secret."""


def published_key(_reference: str) -> str:
    """Resolves whatever a profile refers to, to the published key."""
    return SM4_KEY


@cache
def adapter(city: str) -> Adapter:
    return load_adapter(builtin_profile(city), published_key)


def up_pro() -> Adapter:
    return adapter("410100")


def gdbs() -> Adapter:
    return adapter("440100")


def gbt39046() -> Adapter:
    return adapter("410200")


def case_json() -> Adapter:
    return adapter("410300")


def epoint() -> Adapter:
    return adapter("430100")


def contract() -> Adapter:
    return adapter("419001")
