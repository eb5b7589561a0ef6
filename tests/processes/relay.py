"""Somebody between two gateways, who speaks with each as if he were the other.

He has whatever opens the way: each believes that it talks to its partner. A test says what he
changes, keeps, sends elsewhere or sends again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import orjson

from tests.processes.answer import Answer, post

Json = dict[str, Any]
Way = Callable[[bytes], Answer]
"""Passes a request on, and returns the answer."""


@dataclass
class Relay:
    """Passes requests to `target`, a URL; `handles`, when set, is given each request and the way
    on, and says what the sender hears."""

    target: str
    handles: Callable[[bytes, Way], Answer] | None = None
    heard: list[tuple[bytes, Answer]] = field(default_factory=list)
    """Every request that was passed on, and its answer, in order."""
    _lock: Lock = field(default_factory=Lock)

    def passes(self, body: bytes) -> Answer:
        """On to the partner, as it is."""
        answer = post(self.target, body)
        with self._lock:
            self.heard.append((body, answer))
        return answer

    def answer(self, body: bytes) -> Answer:
        return self.passes(body) if self.handles is None else self.handles(body, self.passes)

    @contextmanager
    def doing(self, handles: Callable[[bytes, Way], Answer]) -> Iterator[None]:
        """He does this, and then stands by again."""
        self.handles = handles
        try:
            yield
        finally:
            self.handles = None


def changes(change: Callable[[Json], Json | None]) -> Callable[[bytes, Way], Answer]:
    """Every request is changed on the way; None: let this one pass as it is."""

    def handles(body: bytes, on: Way) -> Answer:
        changed = change(orjson.loads(body))
        return on(body if changed is None else orjson.dumps(changed))

    return handles


def answers_with(change: Callable[[Answer], Answer]) -> Callable[[bytes, Way], Answer]:
    """The partner hears the request, and the sender something else."""
    return lambda body, on: change(on(body))


CUT = Answer(502, {}, b"")
"""What a proxy says that cannot, or will not, pass anything on."""


@contextmanager
def relaying(relay: Relay, port: int) -> Iterator[None]:
    """He listens, in threads of the test."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = relay.answer(body)
            self.send_response(answer.status)
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name.lower() in {"content-type", "location", "retry-after", "tongban-trace"}
            }
            for name, value in {**kept, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Quiet: what matters is asserted."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
