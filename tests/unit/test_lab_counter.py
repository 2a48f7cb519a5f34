"""A service's own counts are read strictly, whatever it answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from heapwise.errors import ServiceError
from heapwise.lab.counter import Counts, read_counts
from heapwise.runtimes.fetch import Endpoint


@contextmanager
def answering(body: bytes) -> Iterator[Endpoint]:
    """A server that gives one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Endpoint.parse(f"127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def test_counts_are_read_and_subtracted() -> None:
    """What came on top of an earlier reading is what the load did."""
    body = b'{"requests":7,"alloc_bytes":900,"num_gc":2,"more":"is ignored"}'
    with answering(body) as endpoint:
        counts = read_counts(endpoint, "/stats")
    assert counts == Counts(7, 2, 900)
    assert counts.since(Counts(5, 1, 100)) == Counts(2, 1, 800)


def test_a_service_may_count_one_function_only() -> None:
    """What it does not count stays unknown in every difference, and is never zero."""
    body = b'{"requests":7,"num_gc":2,"owner":"app.pack","owner_bytes":70}'
    with answering(body) as endpoint:
        counts = read_counts(endpoint, "/stats")
    earlier = Counts(5, 1, owner="app.pack", owner_bytes=50)
    assert counts.since(earlier) == Counts(2, 1, None, "app.pack", 20)


def test_a_service_may_count_no_bytes_at_all() -> None:
    """Requests and collections are enough; more than these two it is not asked for."""
    with answering(b'{"requests":7,"num_gc":2,"paused_ns":5}') as endpoint:
        counts = read_counts(endpoint, "/stats")
    assert counts.since(Counts(5, 1)) == Counts(2, 1, None, "", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"requests":7}',
        b'{"requests":"7"}',
        b"<html>",
        b"\xff" * 10,
    ],
)
def test_what_are_no_counts_is_an_error(body: bytes) -> None:
    """A service that answers with something else is named."""
    with answering(body) as endpoint, pytest.raises(ServiceError, match="/stats"):
        read_counts(endpoint, "/stats")


def test_an_endless_answer_is_refused() -> None:
    """Counts are small; whatever is not is none."""
    with answering(b"[" * (1 << 20)) as endpoint, pytest.raises(ServiceError):
        read_counts(endpoint, "/stats")
