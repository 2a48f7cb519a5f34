"""What a recording session is asked to do, and what it tells while it does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from heapwise.load.schedule import steady
from heapwise.model.load import ConstantRate, Hits, Plan, Schedule, Target
from heapwise.record.work_meter import WorkMeter
from heapwise.runtimes.access import ANYONE, Access

FLIGHT_RECORDER = "/debug/flightrecorder"
"""Where services hand out their flight recorder, as docs/howto/trace-a-run.md has it: Go's standard
library mounts it nowhere."""

MAX_TRACES = 256 << 20
"""Bytes of execution traces to keep of a run, by default."""


TRACE_SETTLE_NS = 1_000_000_000
"""Load before an execution trace begins, which may have another rate than what went before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRequest:
    """What to take beside the counters and the heap.

    Attributes:
        cpu: a CPU profile of every window.
        cpu_ns: how long; 0 is the whole window.
        trace_ns: length of the execution trace; 0 takes none.
        trace_rate: requests per second while it is taken; None for those of the run.
        slow_ns: a hit that takes longer makes us fetch the flight recorder; 0 never.
        flight_recorder: its path.
        max_traces: bytes of execution traces to keep, all together.
    """

    cpu: bool = False
    cpu_ns: int = 0
    trace_ns: int = 0
    trace_rate: Fraction | None = None
    slow_ns: int = 0
    flight_recorder: str = FLIGHT_RECORDER
    max_traces: int = MAX_TRACES


NO_CAPTURES = CaptureRequest()
"""Counters and heap alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What the user asked for.

    Attributes:
        plan: the load; None records while somebody else makes it.
        service: the debug endpoint, None to look for it.
        access: what it wants to be sent.
        exec_command: starts the service; None where it runs already.
        duration_ns: how long to record without a plan; 0 is until interrupted.
        interval_ns: the longest time between two readings.
        captures: what to take beside the counters and the heap.
        meter: counts work that is no request of ours.
        job: the command is a program that runs to its end.
    """

    plan: Plan | None
    output: Path
    service: str | None = None
    access: Access = ANYONE
    exec_command: str | None = None
    duration_ns: int = 0
    interval_ns: int = 1_000_000_000
    force: bool = False
    keep_secrets: bool = False
    argv: tuple[str, ...] = ()
    captures: CaptureRequest = NO_CAPTURES
    meter: WorkMeter | None = None
    job: bool = False

    @property
    def open_ended(self) -> bool:
        """True where only Ctrl-C ends the recording, and so is no interruption."""
        return self.plan is None and not self.duration_ns

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets of the plan; none without a plan."""
        return self.plan.targets if self.plan is not None else ()

    @property
    def trace_schedule(self) -> Schedule | None:
        """The stretch of load in which the execution trace is taken; None without both.

        A service begins a little after it was asked, and load must last until the trace has ended.
        """
        if self.plan is None or not self.captures.trace_ns:
            return None
        length = 2 * TRACE_SETTLE_NS + self.captures.trace_ns
        if self.captures.trace_rate:
            return ConstantRate.of(self.captures.trace_rate, length)
        return steady(self.plan.schedule, length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands, for whoever wants to show it.

    Attributes:
        step: ``warm-up``, ``fence``, ``load`` …
        hits: hits that ended since the last progress; None outside load.
    """

    step: str
    hits: Hits | None = None


FENCING = Progress(step="fence: collecting garbage, taking a heap profile")
"""On both sides of a window."""

Notify = Callable[[Progress], None]
