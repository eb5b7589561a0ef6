"""Somebody who owns a mirror of a federation: whatever he has, he serves as he likes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

PIECE = b" " * 65_536


@dataclass
class Host:
    """`files` by their path below ``/trust/``; the rest is what he does instead."""

    files: dict[str, bytes] = field(default_factory=dict)
    endless: str | None = None
    """The path of a file that never ends."""
    moved: str | None = None
    """Where he sends everybody instead."""
    asked: list[str] = field(default_factory=list)

    def serve(self, files: dict[str, bytes]) -> None:
        """These, and honestly."""
        self.endless = self.moved = None
        self.files = files


def stock(folder: Path) -> dict[str, bytes]:
    """Everything that a member's copy of the federation publishes, and nothing else of it."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for part in ("metadata", "targets")
        for file in (folder / part).rglob("*.json")
    }


@contextmanager
def hosting(host: Host, port: int) -> Iterator[str]:
    """He listens; the address of his mirror."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/trust/")
            host.asked.append(path)
            if host.moved is not None:
                self._answer(302, b"", Location=f"{host.moved}/{path}")
            elif path == host.endless:
                self._without_end()
            elif (data := host.files.get(path)) is None:
                self._answer(404, b"")
            else:
                self._answer(200, data)

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _without_end(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(PIECE)
            except OSError:
                return  # the reader has had enough

        def log_message(self, *_: object) -> None:
            """Quiet: what matters is asserted."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/trust"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
