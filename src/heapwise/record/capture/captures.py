"""Profiles and traces that are taken over a stretch of a run, beside the counters and the heap.

What they cost the service must not end up in the figures, and it is not little: a CPU profile
allocates 2.4 MB, an execution trace 2.4 MB and a profile of mutexes or of blocking 1.2 MB, whatever
the service does: buffers and compressors (`TotalAlloc` of an idle service, Go 1.26; 2.0, 2.4 and
0.8 MB in Go 1.27). At 10,000 requests of 4 KB one of them would be 6 %. So

- a **CPU profile** begins before the counters are read for the first time and ends after they were
  read for the last. What it allocates in between does not show: 19,344 and 19,356 B a request with
  it, 19,322 and 19,477 without (950 requests each, Go 1.26);
- an **execution trace** gets a stretch of load of its own after the last window, at the same rate
  unless another one is wanted, so that latency in the windows stays free of it, too. Where
  somebody else makes the load it lies in the middle of the window, and a problem says so;
- profiles of **mutexes and of blocking** are taken before and after, and kept where they hold
  anything, which they do only in services that turned them on;
- a **flight recorder** has recorded already: handing out what it holds takes 30 to 110 KB.

Nothing here ends a run: what cannot be had is a problem that spoils no figure.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from heapwise.errors import ProfileError, ServiceError
from heapwise.formats import pprof
from heapwise.model.load import Hits
from heapwise.model.recording import Capture, Problem, Scope
from heapwise.record.capture.background import Background
from heapwise.record.capture.cpu import CpuProfile, seconds_for
from heapwise.record.capture.slow_hits import SlowHits
from heapwise.record.capture.trace import TraceCapture
from heapwise.record.request import CaptureRequest
from heapwise.record.sampler import Collector
from heapwise.record.writer import CAPTURE_FAILED
from heapwise.runtimes.fetch import get
from heapwise.runtimes.registry import CAPTURES
from heapwise.units import NS_PER_S

_CONTENTION = ("mutex", "block")
_CONTENTION_S = 5.0
"""For one of them, which is small: the service was settled, and the counters wait to be read."""


class Captures:
    """The captures of one run; a context manager, which breaks off what still goes on.

    Attributes:
        traces: the execution traces that were kept, in order.
    """

    def __init__(
        self, request: CaptureRequest, collector: Collector, stopped: Callable[[], bool]
    ) -> None:
        self.traces: list[Capture] = []
        self._request = request
        self._collector = collector
        self._stopped = stopped
        self._paths = CAPTURES.get(collector.runtime.name, {})
        self._contended = tuple(kind for kind in _CONTENTION if kind in self._paths)
        self._room = request.max_traces
        self._window = ""
        self._cpu: CpuProfile | None = None
        self._slow = SlowHits(request.slow_ns, self._fetch_recorder, self._cancel_fetch)
        self._fetch: TraceCapture | None = None
        if (request.trace_ns or request.slow_ns) and "trace" not in self._paths:
            self._note(f"no execution trace: a {collector.runtime.name} service has none")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if self._cpu is not None:
            self._cpu.cancel()
        self._cancel_fetch()
        if kind is None:  # the recording is about to be finished: nothing may come after its end
            self._slow.wait(lambda: True)
            if self._cpu is not None:
                self._cpu.wait(lambda: True)

    @property
    def wants_trace(self) -> bool:
        """An execution trace was asked for, and the service has one."""
        return self._request.trace_ns > 0 and "trace" in self._paths

    def before(self, window: str, length_ns: int) -> None:
        """Begin, just before the counters open a window.

        Args:
            window: its name.
            length_ns: of the load in it; 0 where nobody knows.
        """
        self._window = window
        self._take_contention("before")
        if self._request.cpu and "cpu" in self._paths:
            seconds = seconds_for(self._request.cpu_ns, length_ns)
            path = self._paths["cpu"]
            self._cpu = CpuProfile(self._collector, path, window=window, seconds=seconds)
            self._cpu.wait_until_begun()

    def look(self, hits: Hits) -> None:
        """Look for slow ones among the hits of a window that have ended."""
        if "trace" in self._paths:
            self._slow.look(hits)

    def after(self) -> None:
        """End, just after the counters closed the window.

        Raises:
            RecordingError: the recording cannot be written.
        """
        cpu, self._cpu = self._cpu, None
        if cpu is not None:
            cpu.close_window()
            cpu.wait(self._stopped)
        self._slow.wait(self._stopped)
        self._take_contention("after")

    @contextmanager
    def trace(self, window: str, *, wait_ns: int) -> Iterator[None]:
        """Take an execution trace beside what is done meanwhile, so long after it begins.

        Raises:
            RecordingError: the recording cannot be written.
        """
        asked_ns = self._request.trace_ns
        path = self._paths["trace"]
        capture = TraceCapture(self._collector, path, asked_ns=asked_ns, window=window)
        cancelled = threading.Event()

        def work() -> None:
            if not cancelled.wait(wait_ns / NS_PER_S):
                self._take(capture)

        def cancel() -> None:
            cancelled.set()
            capture.cancel()

        taking = Background(work, cancel)
        try:
            yield
        except BaseException:
            cancel()
            raise
        taking.wait(self._stopped)

    def _fetch_recorder(self, why: str) -> bool:
        path = self._request.flight_recorder
        self._fetch = TraceCapture(self._collector, path, asked_ns=0, window=self._window, why=why)
        return self._take(self._fetch)

    def _cancel_fetch(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()

    def _take(self, capture: TraceCapture) -> bool:
        """Take a trace; False where there is none."""
        if self._room <= 0:
            self._note(
                "no further execution trace: those that are there take all the room",
                "raise --max-trace-size",
            )
            return False
        taken = capture.take(self._room)
        if taken is None:
            return False
        self.traces.append(taken)
        self._room -= (self._collector.writer.path / taken.file).stat().st_size
        return True

    def _take_contention(self, when: str) -> None:
        try:
            for kind in self._contended:
                self._contention(kind, when)
        except (ServiceError, ProfileError) as error:
            self._contended = ()  # the run waits for each, and what failed once fails again
            self._collector.writer.event(self._collector.now(), CAPTURE_FAILED, error=str(error))

    def _contention(self, kind: str, when: str) -> None:
        """Keep a profile that holds something."""
        collector = self._collector
        began = collector.now()
        data = get(collector.endpoint, self._paths[kind], deadline_s=_CONTENTION_S).body
        ended = collector.now()
        if len(pprof.decode(data, source=kind).values):
            capture = Capture(
                kind=kind,
                file=collector.writer.profile(f"{kind}-{when}-{self._window}", data),
                began_ns=began,
                ended_ns=ended,
                asked_ns=0,
                window=self._window,
            )
            collector.writer.capture(capture)

    def _note(self, what: str, remedy: str = "") -> None:
        self._collector.writer.problem(Problem(scope=Scope.NONE, what=what, remedy=remedy))
