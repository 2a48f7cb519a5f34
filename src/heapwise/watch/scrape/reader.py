"""One page of a target, read again and again, whatever of the four kinds it is."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from heapwise.errors import HeapwiseError, ProfileError, ServiceError
from heapwise.formats.agentvars import AgentPage, parse_agent_vars
from heapwise.formats.gcevents import GcEvents, parse_gc_events
from heapwise.formats.memstats import FOOTER_BYTES, parse_expvar, parse_memstats
from heapwise.formats.prometheus_text import label_of_build, parse_metrics
from heapwise.formats.work_counts import announced_on, count_at
from heapwise.model.watch import Source, Vitals
from heapwise.names import visible
from heapwise.runtimes.endpoint import Endpoint
from heapwise.runtimes.fetch import get
from heapwise.runtimes.wire import Deadline
from heapwise.watch.clock import Clock
from heapwise.watch.scrape.from_agent import vitals_of_agent
from heapwise.watch.scrape.from_memstats import vitals_of_memstats
from heapwise.watch.scrape.from_metrics import vitals_of_metrics
from heapwise.watch.scrape.settings import ScrapeSettings

_EVENTS = "gc/events"
_HEAP_HEADER = b"heap profile:"
_HEAP_BYTES = 64 << 20
"""Limit of ``heap?debug=1``, 2.5 KB for each call stack, of which only the ends are kept."""

_EVENTS_BYTES = 16 << 20
"""Limit of the list of collections, 150 bytes each, of which every worker remembers 4,096."""

_OF_A_RUNTIME = (b"go_", b"process_", b"python_")
"""How the lines begin that are read of a metrics page; the others are the application's."""


class Place(NamedTuple):
    """Where a page is."""

    path: str
    query: str = ""


METRICS = Place("/metrics")
HEAP = Place("heap", "debug=1")


class Reader:
    """Reads one place of an endpoint.

    Args:
        endpoint: where.
        place: on it.
        settings: of the service.
        clock: of the watcher.
        max_bytes: a longer page is refused; 0 for the limits of the settings.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        place: Place,
        settings: ScrapeSettings,
        clock: Clock,
        max_bytes: int = 0,
    ) -> None:
        self.endpoint = endpoint
        self.process: Mapping[str, str] = {}
        """GOGC and GOMEMLIMIT, once somebody knows them."""
        self.workers: tuple[int, ...] = ()
        """Numbers of the processes that the agent spoke for."""
        self.place = place
        self._settings = settings
        self._clock = clock
        self._keep_ends = 2 * FOOTER_BYTES if place == HEAP and not max_bytes else 0
        self._max_bytes = max_bytes or (_HEAP_BYTES if place == HEAP else settings.max_bytes)
        self._newest = 0

    @property
    def url(self) -> str:
        """For messages."""
        return self.endpoint.url_of(*self.place)

    def read(self, deadline: Deadline) -> Vitals:
        """Ask, and say what the page tells.

        Raises:
            ServiceError: nothing answers in time, or nothing that tells of one process.
            TimeoutError: the time was up before it was asked.
        """
        body = self._get(self.place, deadline, self._max_bytes)
        try:
            return self._vitals(body, self._clock.now_ns(), deadline)
        except ProfileError as error:
            why = ": ".join(filter(None, (error.what, error.why)))
            raise ServiceError(f"{self.url} tells nothing usable", visible(why[:300])) from error

    def _get(self, place: Place, deadline: Deadline, max_bytes: int) -> bytes:
        return get(
            self.endpoint,
            place.path,
            query=place.query,
            deadline_s=deadline.left(),
            max_bytes=max_bytes,
            keep_ends=self._keep_ends if place == self.place else 0,
        ).body

    def _vitals(self, body: bytes, at_ns: int, deadline: Deadline) -> Vitals:
        if not body.strip():
            raise ProfileError("the answer is empty")
        if body.startswith(_HEAP_HEADER):
            return vitals_of_memstats(parse_memstats(body), at_ns, Source.MEMSTATS, self.process)
        if body.lstrip()[:1] != b"{":
            return self._of_metrics(body, at_ns)
        page = parse_agent_vars(body)
        if page is not None:
            return self._of_agent(page, at_ns, deadline)
        vitals = vitals_of_memstats(parse_expvar(body), at_ns, Source.EXPVAR, self.process)
        return replace(vitals, work=self._work(body))

    def _of_metrics(self, body: bytes, at_ns: int) -> Vitals:
        lines = (line.decode("utf-8", "replace") for line in _lines_of_runtimes(body))
        vitals = vitals_of_metrics(parse_metrics(lines), at_ns, self.process)
        label = self._settings.build_label
        told = label_of_build(body.decode("utf-8", "replace"), label) if label else ""
        return replace(
            vitals,
            work=self._work(body),
            build=visible(told or vitals.build),
            version=visible(vitals.version),
        )

    def _of_agent(self, page: AgentPage, at_ns: int, deadline: Deadline) -> Vitals:
        """With the collections since the newest that was seen, that one among them."""
        about = page.heapwise
        if about.unavailable:
            raise ProfileError("the agent cannot measure", about.unavailable[:200])
        counted = max(0, page.counted().counters.num_gc)
        events = self._events(self._newest or counted, deadline)
        if events.next <= self._newest:  # another process counts from one
            events = self._events(counted, deadline)
        self._newest = max(0, events.next - 1)
        self.workers = about.pids
        return vitals_of_agent(page, events, at_ns)

    def _events(self, since: int, deadline: Deadline) -> GcEvents:
        place = Place(_EVENTS, f"since={max(1, since)}")
        return parse_gc_events(self._get(place, deadline, _EVENTS_BYTES))

    def _work(self, body: bytes) -> float | None:
        """The counter that was named; else the one count that an expvar page announces."""
        if not self._settings.requests:
            announced = tuple(announced_on(body).values()) if body[:1] == b"{" else ()
            return float(announced[0]) if len(announced) == 1 else None
        try:
            return float(count_at(body, self._settings.requests))
        except HeapwiseError:  # it comes into being with the first request
            return None


def _lines_of_runtimes(body: bytes) -> Iterator[bytes]:
    """One by one: a page of nothing but line ends must not become a list of millions."""
    return (line for line in io.BytesIO(body) if line.startswith(_OF_A_RUNTIME))
