"""Pace: how fast a courier goes, and how long it waits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How a courier works. Sizes are counted in messages and bytes, ages in seconds."""

    in_flight: int = 4
    batch_count: int = 192
    batch_bytes: int = 4 << 20
    batch_age: float = 0.004
    backoff_base: float = 0.2
    backoff_ceiling: float = 120.0
