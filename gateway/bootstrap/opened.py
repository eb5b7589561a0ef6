"""What every command needs of a member: keys, list of members, store and queue, opened."""

import os
import socket
from dataclasses import dataclass

from gateway import config
from gateway.bootstrap import engines
from gateway.bootstrap.keys import key_store
from gateway.bootstrap.trust import trust_list
from gateway.clock import SystemClock
from gateway.exchange.home import Home
from gateway.exchange.submit import Submit
from gateway.key_ring import KeyRing
from gateway.metrics import Metrics
from gateway.officers.port import OfficerStore
from gateway.ports import Queue, Store
from keys.suites import SUITES


@dataclass(frozen=True, slots=True)
class Parts:
    """What every command needs: the city, its store and its queue."""

    home: Home
    store: Store
    queue: Queue
    metrics: Metrics
    submit: Submit
    ring: KeyRing
    officers: OfficerStore
    owner: str
    """The name of this process among those that share the store."""


def parts(folder: config.Home, metrics: Metrics | None = None) -> Parts:
    """Open key store, members and store; a private key is opened when it is needed.

    Raises KeyUnusable, KeyUnavailable, TrustUnavailable, StoreUnavailable.
    """
    settings = folder.settings
    clock, metrics = SystemClock(), metrics or Metrics()
    trust = trust_list(folder, clock)
    ring = KeyRing(settings.member.code, trust, key_store(folder), clock, named=settings.keys.named)
    home = Home(
        code=settings.member.code,
        suite=SUITES[trust.member(settings.member.code).suite],
        trust=trust,
        signer=ring,
        clock=clock,
        meter=metrics,
        opening_key=ring.opening_key,
        own_key=ring.own_key,
    )
    store = engines.store(folder, clock)
    owner = f"{socket.gethostname()}/{os.getpid()}/{home.new_id()[-8:]}"[-64:]
    queue = engines.queue(folder, store, clock, owner=owner)
    submit = Submit(home, store, queue, life=settings.exchange.life)
    return Parts(home, store, queue, metrics, submit, ring, store.officers, owner)
