"""A service built to deserve the alerts of heapwise watch, and with --fixed as mended.

python -m heapwise_agent run watched.py PORT [--fixed]
"""

from __future__ import annotations

import gc
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FIXED = "--fixed" in sys.argv
CATALOGUE: list[list[None]] = []
SESSIONS: list[bytearray] = []


def collect() -> None:
    """Collect after each request, 'to free memory': every list of the catalogue is visited."""
    load_catalogue()
    if not FIXED:
        gc.collect()


def load_catalogue() -> None:
    """Load two and a half million containers that stay; fixed, the collector leaves them alone."""
    if CATALOGUE:
        return
    gc.disable()
    CATALOGUE.extend([] for _ in range(2_500_000))
    gc.enable()
    if FIXED:
        gc.freeze()


def remember() -> None:
    """Keep something of each request in a list of the module; fixed, of the last sixty-four."""
    SESSIONS.append(bytearray(64 << 10))
    if FIXED:
        del SESSIONS[:-64]


ROUTES = {"/collect": collect, "/remember": remember}


class Handler(BaseHTTPRequestHandler):
    """Answers when the work is done."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Work."""
        ROUTES[self.path]()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
