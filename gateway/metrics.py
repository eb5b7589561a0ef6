"""Prometheus metrics of one gateway process. `docs/reference/metrics.md` lists them."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.exchange.link_status import LinkStatus
from gateway.lanes import merged
from gateway.ports import Backlog

_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)


class Metrics:
    """A `Meter` that can be scraped."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._received = Counter(
            "tongban_messages_received",
            "Messages of partners, by result",
            ["partner", "result"],
            registry=registry,
        )
        self._receipts = Counter(
            "tongban_receipts",
            "Receipts for our messages, by outcome",
            ["partner", "outcome"],
            registry=registry,
        )
        self._exchange = Histogram(
            "tongban_exchange_seconds",
            "From the record of a message to its receipt",
            ["partner"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._rejected = Counter(
            "tongban_rejected",
            "Batches and replies that were not used, by code",
            ["code"],
            registry=registry,
        )
        self._limited = Counter(
            "tongban_limited",
            "Batches of partners that were told to come later, by code",
            ["partner", "code"],
            registry=registry,
        )
        self._signatures = Counter(
            "tongban_signature_failures",
            "Seals that did not hold, by code",
            ["code"],
            registry=registry,
        )
        self._depth = Gauge("tongban_queue_depth", "Tickets in a lane", ["lane"], registry=registry)
        self._age = Gauge(
            "tongban_queue_oldest_seconds",
            "Age of the oldest ticket of a lane",
            ["lane"],
            registry=registry,
        )
        self._held = Gauge(
            "tongban_held",
            "Tickets of a lane that an operator holds",
            ["lane"],
            registry=registry,
        )
        self._broker: Gauge | None = None
        self._failures = Gauge(
            "tongban_link_failures",
            "Failures in a row of the link to a partner",
            ["partner"],
            registry=registry,
        )

        self._pace = Gauge(
            "tongban_link_pace",
            "Messages a second to a partner that asked for less",
            ["partner"],
            registry=registry,
        )
        self._incidents = Gauge(
            "tongban_incidents", "Incidents kept in the store, by code", ["code"], registry=registry
        )
        self._tokens_refused = Counter(
            "tongban_tokens_refused",
            "Calls of the local API that were refused for their token, by code",
            ["code"],
            registry=registry,
        )
        self._sign_ins = Gauge(
            "tongban_sign_ins",
            "Sign-ins of officers in the log, by outcome",
            ["outcome"],
            registry=registry,
        )
        self._handshakes = Counter(
            "tongban_tls_handshakes_refused",
            "TLS handshakes with partners that came to nothing, by reason",
            ["reason"],
            registry=registry,
        )
        self._trust_refused = Counter(
            "tongban_trust_refused",
            "Files of the federation that were not taken, by mirror and code",
            ["mirror", "code"],
            registry=registry,
        )
        self._trust_expires = Gauge(
            "tongban_trust_expires_seconds",
            "Until a role of the federation ends; nothing of it is used from then on",
            ["role"],
            registry=registry,
        )

        self._keys_left = Gauge(
            "tongban_key_seconds_left",
            "Until no key of ours is good any more, by its use",
            ["use"],
            registry=registry,
        )

    def received(self, partner: str, result: str, count: int) -> None:
        self._received.labels(partner, result).inc(count)

    def settled(self, partner: str, outcome: str, seconds: float) -> None:
        self._receipts.labels(partner, outcome).inc()
        self._exchange.labels(partner).observe(seconds)

    def rejected(self, code: str) -> None:
        self._rejected.labels(code).inc()
        if code.startswith(("seal.", "path.", "receipt.")):
            self._signatures.labels(code).inc()

    def limited(self, partner: str, code: str) -> None:
        self._limited.labels(partner, code).inc()

    def handshake_refused(self, reason: str) -> None:
        self._handshakes.labels(reason).inc()

    def trust_refused(self, mirror: str, code: str) -> None:
        self._trust_refused.labels(mirror, code).inc()

    def token_refused(self, code: str) -> None:
        self._tokens_refused.labels(code).inc()

    def watch_trust(self, roles: Iterable[str], seconds_left: Callable[[str], float]) -> None:
        """Show from now on what `seconds_left` says of each role at the time of asking."""
        for role in roles:
            self._trust_expires.labels(role).set_function(partial(seconds_left, role))

    def watch_keys(self, uses: Iterable[str], seconds_left: Callable[[str], float]) -> None:
        """Show from now on what `seconds_left` says of the keys of each use."""
        for use in uses:
            self._keys_left.labels(use).set_function(partial(seconds_left, use))

    def scrape(
        self,
        backlog: Iterable[Backlog],
        links: Iterable[LinkStatus],
        incidents: Mapping[str, int],
        now_ms: int,
        *,
        broker: bool | None = None,
        sign_ins: Mapping[str, int] | None = None,
    ) -> bytes:
        """The exposition text, with gauges as of now. `incidents`: how many, by code;
        `broker`: whether it is connected, None where there is none; `sign_ins`: by outcome."""
        self._connected(broker)
        self._depth.clear()
        self._age.clear()
        self._held.clear()
        for lane in merged(backlog):
            self._depth.labels(lane.lane).set(lane.depth)
            self._held.labels(lane.lane).set(lane.held)
            if lane.oldest_at is not None:
                self._age.labels(lane.lane).set(max(0, now_ms - lane.oldest_at) / 1000)
        self._pace.clear()
        for link in links:
            self._failures.labels(link.partner).set(link.failures)
            if link.pace is not None:
                self._pace.labels(link.partner).set(link.pace)
        self._incidents.clear()
        for code, count in incidents.items():
            self._incidents.labels(code).set(count)
        for outcome, count in (sign_ins or {}).items():
            self._sign_ins.labels(outcome).set(count)
        return generate_latest(self._registry)

    def _connected(self, broker: bool | None) -> None:
        """A gateway without a broker has no such series: nobody is to be alarmed by it."""
        if broker is None:
            return
        if self._broker is None:
            self._broker = Gauge(
                "tongban_broker_connected",
                "Whether this process is connected to the broker of the queue",
                registry=self._registry,
            )
        self._broker.set(broker)
