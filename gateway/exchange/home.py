"""This gateway's own city: its code, suite and keys, and the little that many use cases need."""

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from contracts.ids import uuid7
from gateway.ports import Clock, Meter, Signer
from gateway.records import EpochRecord
from keys.sealing import Epoch, Opener, Sealer
from keys.suites import SUITES, Suite
from keys.suites.suite import OpeningKey, SealingKey
from keys.trust.trust_list import TrustList


@dataclass(slots=True)
class Home:
    """Who we are in the exchange. One a process, shared by all use cases.

    `opening_key` gives our private key for a key id (KeyError when it is not ours);
    `own_key` gives the public half of the one that our own copies are sealed to.
    """

    code: str
    suite: Suite
    trust: TrustList
    signer: Signer
    clock: Clock
    meter: Meter
    opening_key: Callable[[str], OpeningKey]
    own_key: Callable[[], SealingKey]
    _sealers: dict[str, tuple[str, Sealer]] = field(default_factory=dict)
    _own_copies: dict[str, tuple[Epoch, EpochRecord]] = field(default_factory=dict)
    _openers: dict[str, Opener] = field(default_factory=dict)

    def now_ms(self) -> int:
        """Unix milliseconds."""
        return int(self.clock.now().timestamp() * 1000)

    def new_id(self) -> str:
        """A fresh UUIDv7."""
        return uuid7(self.now_ms(), os.urandom(10))

    def sealer(self, partner: str) -> Sealer:
        """The sealer to a partner's newest sealing key.

        Raises KeyUnusable when the partner has none, BatchRejected (`member.unknown`).
        """
        key = self.trust.sealing_key(partner, self.clock.now())
        known = self._sealers.get(partner)
        if known is None or known[0] != key.kid:
            suite = SUITES[self.trust.member(partner).suite]
            known = key.kid, Sealer(suite, key, epoch_context(self.code, partner))
            self._sealers[partner] = known
        return known[1]

    def own_copy(self, partner: str, epoch: Epoch) -> EpochRecord:
        """The epoch's secret wrapped to ourselves: made once an epoch."""
        known = self._own_copies.get(partner)
        if known is None or known[0] is not epoch:
            key = self.own_key()
            wrapped = epoch.wrapped_for(key, epoch_context(self.code, self.code))
            secret = base64.b64encode(epoch.wrapped).decode()
            known = self._own_copies[partner] = epoch, EpochRecord(secret, key.kid, wrapped)
        return known[1]

    def opener(self, partner: str) -> Opener:
        """Opens what a partner sealed to us."""
        opener = self._openers.get(partner)
        if opener is None:
            opener = Opener(self.suite, self.opening_key, epoch_context(partner, self.code))
            self._openers[partner] = opener
        return opener


def epoch_context(sender: str, receiver: str) -> bytes:
    """What an epoch secret is bound to when it is wrapped: who seals to whom."""
    return f"tongban/epoch/1\n{sender}\n{receiver}".encode()


def part_info(message_id: str, name: str) -> bytes:
    """What a part's key is derived for: this part of this message and no other."""
    return f"tongban/part/1\n{message_id}\n{name}".encode()
