"""Live counters of a load for Prometheus, over HTTP, until the last of them was fetched."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from heapwise.cli.output import note
from heapwise.errors import UsageError
from heapwise.formats.hits import Targets
from heapwise.formats.prometheus import OPENMETRICS, TEXT
from heapwise.load.tally import Tally
from heapwise.model.load import Hits
from heapwise.record.redact import redact_url
from heapwise.units import NS_PER_S, format_duration

_SLOW_CLIENT_S = 10.0


@contextmanager
def exported(
    place: tuple[str, int] | None, targets: Targets, *, patience_ns: int
) -> Iterator[Callable[[Hits], None]]:
    """Something to tell hits to, whose counts can be scraped meanwhile.

    At the end it waits for one more scrape: without it what came since the last one would be in
    no series, and of a short load everything.

    Args:
        place: host and port to listen at; None for nobody to be told.
        targets: which the hits name; what may be secret in their URLs is left out.
        patience_ns: longest wait at the end.

    Raises:
        UsageError: nothing can listen there.
    """
    if place is None:
        yield lambda _hits: None
        return
    tally = Tally(lambda index: (targets[index].method, redact_url(targets[index].url)))
    try:
        server = _Server(place, tally)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"cannot listen on {place[0]}:{place[1]}", getattr(error, "strerror", "") or str(error)
        ) from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    note(f"counters at http://{place[0]}:{server.server_address[1]}/metrics")
    try:
        yield tally.add
        server.await_scrape(patience_ns)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, place: tuple[str, int], tally: Tally) -> None:
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        super().__init__(place, _Handler)
        self.tally = tally
        self.complete = threading.Event()
        self.all_scraped = threading.Event()

    def await_scrape(self, patience_ns: int) -> None:
        """Wait until somebody has everything, or for so long, or until Ctrl-C."""
        self.complete.set()
        note(f"waiting for a last scrape, at most {format_duration(patience_ns)}")
        with suppress(KeyboardInterrupt):
            self.all_scraped.wait(patience_ns / NS_PER_S)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SLOW_CLIENT_S

    def do_GET(self) -> None:
        """Answer at every path, as vegeta does."""
        complete = self.server.complete.is_set()
        openmetrics = "application/openmetrics-text" in self.headers.get("Accept", "")
        body = self.server.tally.exposition(openmetrics=openmetrics).encode()
        self.send_response(200)
        self.send_header("Content-Type", OPENMETRICS if openmetrics else TEXT)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if complete:
            self.server.all_scraped.set()

    def log_message(self, *_: object) -> None:
        """Say nothing: stderr is the user's."""
