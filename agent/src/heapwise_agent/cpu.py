"""Where the time goes: the stacks of all threads, a hundred times a second.

No signals and no timers, which belong to the program: the calling thread takes the GIL, looks at
every thread's frame and sleeps again. ``cpu`` gives each thread's stack the CPU time that thread
used since the last look, read from the kernel's clock of that thread, so totals are exact and idle
threads weigh nothing. Where there is no such clock (only Linux has one for other threads), a
thread counts as if it ran all the time, and a comment in the profile says so.

The bias to know: the GIL changes hands only where Python checks for it, at calls and at the ends
of loops, and where a C function lets go of it. What runs between two such places is charged to
the place where it was seen, within the same function or one it just called. What the process
used beside all that is one row, ``python.other_threads``: threads without Python code, and those
that ended between two looks. A look has to wait for the GIL, up to 5 ms, and short threads end
meanwhile.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

from heapwise_agent import own
from heapwise_agent.encode import Profile, ValueType
from heapwise_agent.frames import Sums
from heapwise_agent.sampler import Frame

HZ = 100
"""Looks per second; Go's rate."""

_PERIOD_NS = 1_000_000_000 // HZ
_ASK_NS = 250_000_000
_OTHER = (Frame("python.other_threads", "", 0, 0),)
_SAMPLES = ValueType("samples", "count")


class CancelledError(Exception):
    """Nobody waits for the answer any more."""


def profile(seconds: int, *, wall: bool, cancelled: Callable[[], bool]) -> Profile:
    """Look for so many seconds; ``samples/count`` and ``cpu`` or ``wall/nanoseconds``.

    Raises:
        CancelledError: ``cancelled`` became true.
    """
    kind = ValueType("wall" if wall else "cpu", "nanoseconds")
    sampling = _Sampling(wall=wall)
    began = time.monotonic_ns()
    wait(seconds, cancelled, each_ns=_PERIOD_NS, do=sampling.look)
    out = Profile((_SAMPLES, kind), kind, _PERIOD_NS)
    sampling.write(out)
    out.duration_ns = time.monotonic_ns() - began
    return out


def wait(
    seconds: int,
    cancelled: Callable[[], bool],
    *,
    each_ns: int = _ASK_NS,
    do: Callable[[], None] = lambda: None,
) -> None:
    """Let the time pass, doing something at intervals.

    Raises:
        CancelledError: ``cancelled``, which is asked four times a second, became true.
    """
    now = time.monotonic_ns()
    end, due, ask = now + seconds * 1_000_000_000, now, now
    while now < end:
        if now >= ask:
            if cancelled():
                raise CancelledError
            ask = now + _ASK_NS
        do()
        now = time.monotonic_ns()
        due = max(due + each_ns, now)  # a look that came late is not made up for
        time.sleep(max(0, min(due, end) - now) / 1e9)
        now = time.monotonic_ns()
    do()


class _Sampling:
    def __init__(self, *, wall: bool) -> None:
        self._wall = wall
        self._clocks = ThreadClocks()
        self._sums = Sums()
        self._seen_ns = 0
        self._last = time.monotonic_ns()
        self._process = time.process_time_ns() - time.thread_time_ns()
        self._clocks.restart()

    def look(self) -> None:
        """Charge every thread's stack with the time since the last look."""
        now = time.monotonic_ns()
        elapsed, self._last = now - self._last, now
        frames = sys._current_frames()  # noqa: SLF001 - the documented way to other threads' frames
        for ident, frame in frames.items():
            if own.is_own(ident):
                continue
            used = elapsed if self._wall else self._clocks.used(ident, elapsed)
            if used > 0:
                self._seen_ns += used
                self._sums.add(frame, self._clocks.name(ident), 1, used)

    def write(self, out: Profile) -> None:
        """Add everything that was seen."""
        self._sums.write(out, lambda name: (("thread", name, ""),) if name else ())
        if self._wall:
            return
        process = time.process_time_ns() - time.thread_time_ns() - self._process
        if not self._clocks.blind:
            out.add(_OTHER, (0, max(0, process - self._seen_ns)))
        else:
            out.comments = ("threads without a CPU clock count as running all the time",)


class ThreadClocks:
    """CPU time of this process's threads by their identifiers.

    `time.pthread_getcpuclockid` crashes for a thread that just ended. The kernel's own number of
    the clock, made from the thread's number in the kernel, gives an error then.

    Attributes:
        blind: a thread was met that has no clock.
    """

    def __init__(self) -> None:
        self.blind = False
        self._threads: dict[int, tuple[int, str]] = {}
        self._used: dict[int, int] = {}

    def restart(self) -> None:
        """Count from now on for every thread there is."""
        self._find()
        for native, _ in self._threads.values():
            self._used[native] = _cpu_ns(native) or 0

    def used(self, ident: int, elapsed: int) -> int:
        """CPU ns of a thread since it was last asked for, ``elapsed`` at most."""
        native = self._native(ident)
        clock = _cpu_ns(native)
        if clock is None:  # the number belongs to a thread that ended, and its successor has it
            self._find()
            native = self._native(ident)
            clock = _cpu_ns(native)
        if clock is None:
            self.blind = True
            return elapsed
        before, self._used[native] = self._used.get(native, 0), clock
        return min(clock - before, elapsed)

    def name(self, ident: int) -> str:
        """The thread's name; empty for one that Python did not start."""
        return self._threads.get(ident, (0, ""))[1]

    def _native(self, ident: int) -> int:
        if ident not in self._threads:
            self._find()
        return self._threads.get(ident, (0, ""))[0]

    def _find(self) -> None:
        main = threading.main_thread()
        for thread in threading.enumerate():
            if thread.ident is not None:
                # The main thread of a forked child may still have its parent's number.
                native = os.getpid() if thread is main else thread.native_id
                self._threads[thread.ident] = (native or 0, thread.name)


def _cpu_ns(native: int) -> int | None:
    """The CPU time of a thread by its number in the kernel; None if there is no such clock.

    The number of the clock is the kernel's ``make_thread_cpuclock``: the complement of the
    thread's number, then 4 for "of a thread" and 2 for "as the scheduler counts".
    """
    if not native or sys.platform != "linux":
        return None
    try:
        return time.clock_gettime_ns((~native << 3) | 6)
    except OSError:
        return None
