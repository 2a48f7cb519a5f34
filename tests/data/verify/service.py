"""A service for rounds: every answer makes as much garbage as it is told to.

    python service.py --port 8080 --agent-port 8081 --garbage 65536

``--crash-once FILE`` ends it in the middle of its first run: the file remembers that it did.
"""

from __future__ import annotations

import argparse
import itertools
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import heapwise_agent

ANSWER = b'{"ok": true}'
CRASH_AFTER = 70
"""Requests; in the middle of the load of a run of a hundred and its warm-up."""


class Handler(BaseHTTPRequestHandler):
    """Answers every GET alike."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    garbage = 0
    crashing = False
    answered = itertools.count(1)

    def do_GET(self) -> None:
        """Make garbage, then answer."""
        if self.crashing and next(self.answered) == CRASH_AFTER:
            os._exit(3)
        bytearray(self.garbage)
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--agent-port", type=int, required=True)
    parser.add_argument("--garbage", type=int, default=4096)
    parser.add_argument("--crash-once", type=Path)
    asked = parser.parse_args()
    if asked.crash_once is not None and not asked.crash_once.exists():
        asked.crash_once.touch()
        Handler.crashing = True
    heapwise_agent.start(address=f"127.0.0.1:{asked.agent_port}")
    Handler.garbage = asked.garbage
    ThreadingHTTPServer(("127.0.0.1", asked.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
