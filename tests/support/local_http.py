"""An HTTP server on loopback that answers as a test says and remembers what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class LocalServer:
    """A server whose answers can be changed while it runs.

    Attributes:
        url: its root, without a slash at the end.
        status: of the answers to come.
        content_type: of the same.
        body: of the same.
        sent: every request so far, oldest first.
    """

    url: str = ""
    status: int = 200
    content_type: str = "application/json"
    body: bytes = b"{}"
    sent: list[Sent] = field(default_factory=list)


@contextmanager
def local_server() -> Iterator[LocalServer]:
    """Run one on a free port of 127.0.0.1."""
    state = LocalServer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            state.sent.append(Sent(self.command, self.path, dict(self.headers), body))
            self.send_response(state.status)
            self.send_header("Content-Type", state.content_type)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        do_GET = do_POST = answer  # noqa: N815 - the names are the library's

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
