"""Ports for servers of the tests, each given once.

A city that is down for a while still owns its port. The system would give it to the next
connection that anybody opens, so these lie below the ports that it gives away by itself,
and each process that runs tests has a stretch of its own.
"""

import itertools
import os
import random
import socket

_LOWEST, _STRETCH, _STRETCHES = 12_000, 2_000, 10  # up to 32,000; Linux gives from 32,768 on


def _stretch() -> range:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    start = _LOWEST + worker % _STRETCHES * _STRETCH
    return range(start, start + _STRETCH)


_ports = itertools.cycle(_stretch())
# Somebody else's tests may run on this machine.
next(itertools.islice(_ports, random.SystemRandom().randrange(_STRETCH), None))


def free_port() -> int:
    """A port of this machine at which nothing listens, and that nobody else is given."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("the ports never end")
