"""The table of suites. A new suite is a file and a row here."""

from collections.abc import Callable

from keys.suites.intl import IntlSuite
from keys.suites.sm import SmSuite
from keys.suites.suite import Suite

SUITES: dict[str, Suite] = {
    "sm": SmSuite(),
    "intl": IntlSuite(),
}

DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    suite.digest_name: suite.digest for suite in SUITES.values()
}
"""Digest functions by the name that stands in seals and envelopes."""

__all__ = ["DIGESTS", "SUITES", "Suite"]
