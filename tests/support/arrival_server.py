"""A target that notes when every request came: ``python arrival_server.py HOST``.

``GET /arrivals`` tells the wall clock at each request so far, ns, in the order they came.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ARRIVALS: list[int] = []


class Handler(BaseHTTPRequestHandler):
    """Answers every GET."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path == "/arrivals":
            body = json.dumps(ARRIVALS).encode()
        else:
            ARRIVALS.append(time.time_ns())
            body = b"ok"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with ThreadingHTTPServer((sys.argv[1], 0), Handler) as server:
        server.daemon_threads = True
        print(server.server_address[1], flush=True)  # noqa: T201 - tells the parent
        server.serve_forever()
