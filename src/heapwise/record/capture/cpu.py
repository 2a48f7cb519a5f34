"""Takes one CPU profile around a window."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from heapwise.errors import ServiceError
from heapwise.model.recording import Capture, Problem, Scope
from heapwise.record.capture.background import Background
from heapwise.record.sampler import Collector
from heapwise.runtimes.download import CANCELLED, Delivery, Download
from heapwise.units import NS_PER_S, format_size

LONGEST_S = 60
"""Unless asked for: beyond it there is little new in a profile, and our agent gives no longer one.
"""

OPEN_ENDED_S = 10
"""Where nobody knows when the window ends: a profile that is broken off is lost."""

BEGUN_S = 0.15
"""By then a service that was asked has begun, and has made its buffers."""

WRITTEN = 1_210_000
"""Bytes that Go 1.26 allocates when a CPU profile ends, as many as when it begins."""

_TAIL_NS = NS_PER_S
"""For the last hits to end before the profile does."""

_PATIENCE_S = 30.0
_MOST = 64 << 20


def seconds_for(asked_ns: int, window_ns: int) -> int:
    """How long to profile: as asked, else the whole window; the protocol knows whole seconds."""
    if asked_ns:
        return -(-asked_ns // NS_PER_S)
    if not window_ns:
        return OPEN_ENDED_S
    return min(-(-(window_ns + _TAIL_NS) // NS_PER_S), LONGEST_S)


class CpuProfile:
    """A CPU profile that is being taken, never two at once.

    Args:
        collector: whose service and recording.
        path: where it is asked for.
        window: its name.
        seconds: how long.
    """

    def __init__(self, collector: Collector, path: str, *, window: str, seconds: int) -> None:
        self._collector = collector
        self._path = path
        self._window = window
        self._end = time.monotonic() + seconds
        self._cancelled = threading.Event()
        self._kept = threading.Event()
        self._download: Download | None = None
        self._taking = Background(lambda: self._take(seconds), self.cancel)

    def wait_until_begun(self) -> None:
        """Return once the service has most certainly begun."""
        time.sleep(BEGUN_S)

    def close_window(self) -> None:
        """Say so where it ended before the window did, and is in its figures.

        Our agent for Python takes off what it allocates itself.
        """
        if self._kept.is_set() and self._collector.runtime.name == "go":
            self._note(
                f"the CPU profile ended inside window {self._window!r}: what the service "
                f"allocates to write one is in the figures, some {format_size(WRITTEN)}",
                "let it last as long as the window, or record without it",
            )

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Wait until it is in the recording; once ``stopped``, break it off.

        Raises:
            RecordingError: the recording cannot be written.
        """
        self._taking.wait(stopped)

    def cancel(self) -> None:
        """Break it off."""
        self._cancelled.set()
        if self._download is not None:
            self._download.cancel()

    def _take(self, seconds: int) -> None:
        """Ask; where somebody else takes one, ask again after a while that nobody shares."""
        late = False
        while not self._cancelled.is_set():
            try:
                self._ask(seconds)
            except ServiceError as error:
                seconds = int(self._end - time.monotonic())
                if "already in use" in error.why and seconds > 0:
                    late = True
                    self._cancelled.wait(0.25 + secrets.randbelow(500) / 1000)
                    continue
                self._missing(f"{error.what}: {error.why}".removesuffix(": "), error.hint)
                return
            if late:
                self._note(
                    f"the CPU profile of window {self._window!r} began late, since another one "
                    f"was being taken; {seconds} s are in it"
                )
            return

    def _ask(self, seconds: int) -> None:
        data = bytearray()

        def take(piece: bytes) -> str:
            data.extend(piece)
            return "" if len(data) <= _MOST else "it is larger than any CPU profile"

        self._download = Download(
            self._collector.endpoint,
            self._path,
            query=f"seconds={seconds}",
            deadline_s=seconds + _PATIENCE_S,
        )
        if self._cancelled.is_set():
            self._download.cancel()
        delivery = self._download.run(take)
        if delivery.cut:
            self._missing("the run ended first" if delivery.cut == CANCELLED else delivery.cut, "")
            return
        self._keep(bytes(data), delivery, seconds)

    def _keep(self, data: bytes, delivery: Delivery, seconds: int) -> None:
        collector = self._collector
        collector.writer.capture(
            Capture(
                kind="cpu",
                file=collector.writer.profile(f"cpu-{self._window}", data),
                began_ns=collector.since_zero(delivery.began_ns),
                ended_ns=collector.since_zero(delivery.ended_ns),
                asked_ns=seconds * NS_PER_S,
                window=self._window,
            )
        )
        self._kept.set()

    def _missing(self, why: str, remedy: str) -> None:
        self._note(f"no CPU profile of window {self._window!r}: {why}", remedy)

    def _note(self, what: str, remedy: str = "") -> None:
        self._collector.writer.problem(Problem(scope=Scope.NONE, what=what, remedy=remedy))
