"""HW903, client-per-request: one GET over loopback, without TLS, to a server of its own process."""

from __future__ import annotations

import atexit
import subprocess
import sys
from functools import cache

import requests

WHAT = {"": "GET 2 KB over loopback with requests"}

_SERVER = """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2000")
        self.end_headers()
        self.wfile.write(b"o" * 2000)

    def log_message(self, *arguments):
        pass

class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@cache
def url() -> str:
    """Where the server is; it is started when it is first asked for, and ends with us."""
    process = subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    assert process.stdout is not None
    return f"http://127.0.0.1:{int(process.stdout.readline())}/"


@cache
def session() -> requests.Session:
    """The one that is kept."""
    return requests.Session()


def before() -> int:
    """Make a client for one answer."""
    return len(requests.get(url(), timeout=10).text)


def after() -> int:
    """Use the one there is."""
    return len(session().get(url(), timeout=10).text)


CASES = {"": (before, after)}
