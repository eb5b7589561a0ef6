"""Requests that no HTTP library would send."""

import socket
from collections.abc import Mapping

from gateway.exchange.courier import BATCHES_PATH
from tests.processes.answer import Answer
from tests.processes.patience import LONG


class RawRequest:
    """One connection whose bytes the test writes itself."""

    def __init__(self, port: int, timeout: float = LONG) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)

    def head(self, headers: Mapping[str, str], path: str = BATCHES_PATH) -> "RawRequest":
        """The request line and these headers, and no other but Host."""
        lines = [f"POST {path} HTTP/1.1", "Host: gateway"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return self.send("\r\n".join(lines).encode() + b"\r\n\r\n")

    def send(self, data: bytes) -> "RawRequest":
        self._socket.sendall(data)
        return self

    def no_more(self) -> "RawRequest":
        """Say that nothing more will come, and go on listening."""
        self._socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self) -> Answer | None:
        """The answer, or None when the other side closed without one."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            more = self._receive()
            if not more:
                return None
            data += more
        lines = data[:end].decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines[1:]]
        headers = {pair[0]: pair[1] for pair in pairs}
        body = data[end + 4 :]
        while len(body) < int(headers.get("Content-Length", "0")):
            body += self._receive()
        return Answer(int(lines[0].split(" ")[1]), headers, body)

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except ConnectionError:
            return b""

    def close(self) -> None:
        self._socket.close()
