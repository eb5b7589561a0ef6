"""Whose certificate is this? The pins of all members, and the rule that judges one by a day.

A pin's own days decide, those inside the certificate do not: there is one truth, the member
has signed it, and it can close it. Pure.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from contracts.limits import CLOCK_SKEW_S
from keys.tls.public_key import MAX_CERTIFICATE_BYTES
from keys.trust.member import KeyState, Member, TlsPin

_SKEW = timedelta(seconds=CLOCK_SKEW_S)


def pin_state(pin: TlsPin, at: datetime, *, early: timedelta = timedelta()) -> KeyState:
    """What may be said of `pin` at `at`. `early`: how long before `valid_from` it is good
    already. It is closed before it expires, like any key."""
    if at < pin.valid_from - early:
        return KeyState.NOT_YET_VALID
    if pin.closed_at is not None and at >= pin.closed_at:
        return KeyState.CLOSED
    if pin.valid_to is not None and at >= pin.valid_to:
        return KeyState.EXPIRED
    return KeyState.VALID


def shown_state(pin: TlsPin, at: datetime) -> KeyState:
    """The state of a pin that the other side shows us: its clock may be ahead of ours by as
    much as that of a seal may."""
    return pin_state(pin, at, early=_SKEW)


def to_show(pins: Iterable[TlsPin], at: datetime) -> list[TlsPin]:
    """The pins whose certificates their owner may show at `at`, the newest first."""
    good = [pin for pin in pins if pin_state(pin, at) is KeyState.VALID]
    return sorted(good, key=lambda pin: pin.valid_from, reverse=True)


def next_turn(pins: Iterable[TlsPin], at: datetime) -> datetime | None:
    """When `to_show` next gives something else than at `at`."""
    days = [
        day
        for pin in pins
        for day in (pin.valid_from, pin.valid_to, pin.closed_at)
        if day is not None and day > at
    ]
    return min(days, default=None)


def anchor_of(pin: TlsPin) -> bytes | None:
    """The certificate that the pin carries, in DER; None when it carries none that is one."""
    if pin.certificate is None:
        return None
    try:
        data = base64.b64decode(pin.certificate, validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if 0 < len(data) <= MAX_CERTIFICATE_BYTES else None


class PinBook:
    """The pins of one version of the list of members, by what they name."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._pins: dict[str, list[tuple[str, TlsPin]]] = {}
        for member in members:
            for pin in member.tls_pins:
                self._pins.setdefault(pin.sha256, []).append((member.code, pin))

    def states(self, sha256: str, at: datetime) -> dict[str, KeyState]:
        """The members that publish this pin, and what it is at `at` when somebody shows it.

        More than one only when a member publishes the pin of another: it cannot show that
        certificate itself, so it harms nobody but that the other may speak for it.
        """
        return {code: shown_state(pin, at) for code, pin in self._pins.get(sha256, ())}

    def anchors(self) -> list[bytes]:
        """Every certificate that a pin carries, each once, in the order of the list."""
        found = (anchor_of(pin) for pins in self._pins.values() for _, pin in pins)
        return list(dict.fromkeys(data for data in found if data is not None))
