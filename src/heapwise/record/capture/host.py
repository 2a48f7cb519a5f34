"""Watches the machine under a run, ten times a second, from a thread of its own.

It takes 0.25 % of a core: a recorder that does nothing else used 0.30 %, one that does nothing
0.05 % (CPU of the process over 20 s, the log included, on 2 processors). The reading itself takes
18 µs.
"""

from __future__ import annotations

import threading
from typing import Self

from heapwise.model.memory import HostSample
from heapwise.record.capture.hoststat import HostStat
from heapwise.record.store import RecordingWriter
from heapwise.record.worker import Worker

INTERVAL_S = 0.1
"""``/proc/stat`` counts in hundredths of a second; more often would show its steps."""

SLOWER_AFTER = 18_000
"""Readings, half an hour of them, after which the interval doubles: recordings of days stay small.
"""

_BATCH = 5
"""Readings handed over at once: half a second, in which a kill may fall."""


class HostWatch:
    """Reads until it is left; a context manager.

    Args:
        writer: takes the readings.
        zero_ns: the run's zero on the monotonic clock.
        pid: a process in the service's control group; None where the service runs elsewhere.
    """

    def __init__(self, writer: RecordingWriter, zero_ns: int, pid: int | None) -> None:
        self._writer = writer
        self._stat = HostStat(pid, zero_ns)
        self._stop = threading.Event()
        self._worker = Worker(self._read_until_stopped, "heapwise-host")

    def __enter__(self) -> Self:
        self._worker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        self._stop.set()
        self._worker.join()
        self._stat.close()
        if kind is None:
            self._worker.raise_failure()

    def _read_until_stopped(self) -> None:
        waiting: list[HostSample] = []
        interval, readings = INTERVAL_S, 0
        while True:
            stopping = self._stop.wait(interval if readings else 0)
            waiting.append(self._stat.read())
            readings += 1
            if readings % SLOWER_AFTER == 0:
                interval *= 2
            if stopping or len(waiting) >= _BATCH:
                self._writer.host(waiting)
                waiting = []
            if stopping:
                return
