"""Where the figures come from: this process, or several behind one endpoint."""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Protocol

from heapwise_agent import cpu, gcwatch, heap, memstats, redact, rss, sampler, stacks, work_done
from heapwise_agent.encode import Profile
from heapwise_agent.locks import Lock
from heapwise_agent.sampler import Snapshot
from heapwise_agent.version import VERSION

SNAPSHOT_NS = 1_000_000_000
"""A snapshot serves everybody who asks within this time, unless a fresh one is asked for."""

_BREAKDOWN_NS = 10_000_000_000
"""Dividing the resident memory holds the GIL for milliseconds per gigabyte."""


class BusyError(Exception):
    """Another CPU profile is being taken."""


class Source(Protocol):
    """What the endpoints show. Methods are called from many threads at once."""

    def why_no_heap(self) -> str:
        """Empty, or why there are no heap profiles, in one sentence."""

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """The sampled heap; the same object as long as it is the same moment."""

    def collect(self) -> None:
        """Run a full collection in every process; no snapshot from before it is given again."""

    def stats(self) -> memstats.Stats:
        """Counters and collections."""

    def cpu(self, seconds: int, *, wall: bool, cancelled: Callable[[], bool]) -> Profile:
        """Look at the stacks for so long.

        Raises:
            BusyError: it is being done already.
            CancelledError: ``cancelled`` became true.
        """

    def activities(self) -> list[stacks.Activity]:
        """Threads and tasks."""

    def activity_count(self) -> int:
        """How many threads and tasks there are."""

    def gc_profile(self) -> Profile:
        """Pauses by the victim's stack."""

    def gc_events(self, since: int) -> dict[str, object]:
        """The collections numbered ``since`` and above, as ``gc/events`` shows them."""

    def variables(self) -> dict[str, object]:
        """What ``/debug/vars`` shows as ``heapwise``."""

    def command_line(self) -> list[str]:
        """The program's words, without secrets."""

    def of_process(self, pid: int) -> Source | None:
        """The same of one process; None for one that is not behind this endpoint."""


def _work() -> Mapping[str, object]:
    return {"work": work_done.counts()}


class LocalSource:
    """This process.

    Args:
        watch: who counts the collections; it is started by whoever made it.
        extra: what else belongs into `variables`.
    """

    def __init__(
        self, watch: gcwatch.GcWatch, *, extra: Callable[[], Mapping[str, object]] = _work
    ) -> None:
        self.watch = watch
        self._extra = extra
        self._taking = Lock()
        self._snapshot: Snapshot | None = None
        self._taken_ns = 0
        self._breakdown: rss.Breakdown | None = None
        self._divided_ns = 0
        self._profiling = Lock()

    def why_no_heap(self) -> str:
        """See `Source`."""
        return sampler.available()

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """See `Source`."""
        asked = time.monotonic_ns()
        with self._taking:
            known = self._snapshot
            # One that was begun after we asked is as fresh as our own would be.
            newest = asked if fresh else asked - SNAPSHOT_NS
            if known is None or self._taken_ns < newest:
                self._taken_ns = time.monotonic_ns()
                known = self._snapshot = sampler.snapshot()
            return known

    def collect(self) -> None:
        """See `Source`."""
        self.watch.collect()
        with self._taking:
            self._snapshot = None

    def stats(self) -> memstats.Stats:
        """See `Source`."""
        if self.why_no_heap():
            return memstats.read(None, (0, 0), self.watch)
        live = heap.live(self.snapshot())
        return memstats.read(sampler.counters(), live, self.watch)

    def cpu(self, seconds: int, *, wall: bool, cancelled: Callable[[], bool]) -> Profile:
        """See `Source`."""
        if not self._profiling.acquire(blocking=False):
            raise BusyError
        try:
            return cpu.profile(seconds, wall=wall, cancelled=cancelled)
        finally:
            self._profiling.release()

    def activities(self) -> list[stacks.Activity]:
        """See `Source`."""
        return stacks.running()

    def activity_count(self) -> int:
        """See `Source`."""
        return stacks.count()

    def gc_profile(self) -> Profile:
        """See `Source`."""
        return self.watch.profile()

    def gc_events(self, since: int) -> dict[str, object]:
        """See `Source`."""
        return gcwatch.describe(self.watch, since)

    def variables(self) -> dict[str, object]:
        """See `Source`."""
        found: dict[str, object] = {
            "version": VERSION,
            "runtime": f"{platform.python_implementation()} {platform.python_version()}",
            "python": sys.version,
            "pid": os.getpid(),
            "threads": threading.active_count(),
            "frames": sampler.frames(),
            "unavailable": self.why_no_heap(),
        }
        large = 0
        if not found["unavailable"]:
            snapshot = self.snapshot()
            found |= asdict(sampler.counters())
            large = round(
                sum(row.inuse_space for row in snapshot.rows if row.size > rss.ARENA_BLOCK)
            )
        found.update(self._divided(large).as_json())
        found.update(self._extra())
        return found

    def command_line(self) -> list[str]:
        """See `Source`."""
        return redact.redacted([sys.executable, *sys.argv])

    def of_process(self, pid: int) -> Source | None:
        """See `Source`."""
        return self if pid == os.getpid() else None

    def _divided(self, large: int) -> rss.Breakdown:
        now = time.monotonic_ns()
        if self._breakdown is None or now - self._divided_ns > _BREAKDOWN_NS:
            self._divided_ns = now
            self._breakdown = rss.breakdown(large)
        return self._breakdown


_making = Lock()
_local: tuple[int, LocalSource] | None = None


def local() -> LocalSource:
    """The one source of this process, whose collections are watched from the first call on.

    A forked child gets its own, and counts from zero.
    """
    global _local  # noqa: PLW0603 - one in a process: the collector has one list of callbacks
    with _making:
        if _local is None or _local[0] != os.getpid():
            if _local is not None:
                _local[1].watch.stop()
            watch = gcwatch.GcWatch()
            watch.start()
            _local = (os.getpid(), LocalSource(watch))
        return _local[1]
