"""An execution trace's summary as text, one golden file a case."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from heapwise.model.exectrace import TraceDamage
from heapwise.model.gc_timeline import Assist, Collection, GcSource, GcTimeline, Stop
from heapwise.model.trace import Curve, GoroutineCounts, Spread, Sweeping, TraceSummary
from heapwise.report.columns import WIDTH
from heapwise.report.trace_text import ROWS, render_trace
from support.golden import assert_golden

MS = 1_000_000

HARM = (
    "Goroutines that allocate had to mark first: 389 assists took 164 ms, the longest 6.20 ms.",
    "Collections at 33.8/s, and 24.1 % of the time one was marking.",
)


def spread(name: str, count: int, total_ns: int) -> Spread:
    """A distribution of equal durations but for one of twice the length."""
    each = total_ns // count
    return Spread(
        name=name,
        count=count,
        total_ns=total_ns,
        p50_ns=each,
        p99_ns=each * 3 // 2,
        max_ns=each * 2,
    )


def timeline() -> GcTimeline:
    """Two collections, one of them forced."""
    return GcTimeline(
        source=GcSource.TRACE,
        clock="trace",
        uncertainty_ns=64,
        begin_ns=0,
        end_ns=10_000 * MS,
        happened=2,
        coverage=1.0,
        collections=(
            Collection(number=1, start_ns=0, end_ns=MS, forced=0),
            Collection(number=2, start_ns=5 * MS, end_ns=6 * MS, forced=1),
        ),
        stops=(Stop(0, 90_000, "sweep termination"),),
        assists=(Assist(0, 6 * MS, 7, "main.serve"),),
        notes=("collections are numbered from the start of the trace, not of the process",),
    )


def sick() -> TraceSummary:
    """A service that the collector holds up."""
    return TraceSummary(
        version="go 1.26",
        size=9_123_456,
        events=1_763_221,
        duration_ns=10_000 * MS,
        gc=timeline(),
        procs=2,
        harm=HARM,
        assists=(spread("net/http.(*conn).serve", 380, 159 * MS), spread("", 9, 5 * MS)),
        stops=(spread("sweep termination", 338, 44 * MS), spread("mark termination", 338, 7 * MS)),
        marking=spread("collections", 338, 2_410 * MS),
        marking_share=0.241,
        sweeping=Sweeping(7_000_000_000, 2_000_000_000, spread("sweeps", 90_000, 210 * MS)),
        heap=(
            Curve(name="heap", unit="B", time_ns=(0, 1, 2), value=(2 << 20, 4 << 20, 3 << 20)),
            Curve(name="goal", unit="B", time_ns=(0,), value=(4_500_000,)),
        ),
        goroutines=GoroutineCounts(
            created=1_204,
            destroyed=1_198,
            peak=41,
            states=(
                Curve(name="running", unit="count", time_ns=(0, 1), value=(0, 2)),
                Curve(name="runnable", unit="count", time_ns=(0, 1), value=(1, 18)),
                Curve(name="waiting", unit="count", time_ns=(0, 1), value=(39, 7)),
                Curve(name="syscall", unit="count", time_ns=(), value=()),
            ),
        ),
        running_ns=1_350 * MS,
        workers_ns=2_200 * MS,
        latency=spread("all", 21_586, 233 * MS),
        latency_by_function=(spread("main.poll", 40, 90 * MS), spread("main.serve", 400, 80 * MS)),
        blocked=(spread("network", 2_000, 9_000 * MS), spread("", 3, MS)),
        syscalls=spread("system calls", 1_255, 85 * MS),
        tasks=(spread("request", 1_000, 5_880 * MS),),
        regions=tuple(spread(f"step {number}", 10, MS) for number in range(ROWS + 4)),
        kinds=(("go start", 844_082), ("go stop", 837_191), ("heap alloc", 40_000)),
    )


def healthy() -> TraceSummary:
    """The same service after its repair."""
    return replace(
        sick(),
        harm=(),
        assists=(),
        stops=(spread("sweep termination", 4, MS),),
        marking=spread("collections", 4, 20 * MS),
        marking_share=0.002,
        tasks=(),
        regions=(),
    )


CASES = {
    "sick": sick(),
    "healthy": healthy(),
    "cut": replace(sick(), damage=TraceDamage(123_456, "a batch breaks off")),
    "hostile-names": replace(
        sick(),
        harm=("goroutines of evil\x1b[2J\u202ename",),
        assists=(spread("evil\x1b[2J\u202ename" + "x" * 150, 2, MS),),
        tasks=(spread("line\nbreak", 1, MS),),
    ),
    "nothing": TraceSummary(
        version="go 1.11", size=16, events=0, duration_ns=0,
        gc=replace(timeline(), collections=(), stops=(), assists=(), happened=0, end_ns=0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_summaries_read_as_agreed(case: str) -> None:
    """Each case prints what its golden file says, in 100 columns and without control characters."""
    text = render_trace(CASES[case], f"{case}.trace")
    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(len, text.splitlines())) <= WIDTH
    assert_golden(f"trace/{case}.txt", text)


def test_the_collector_comes_first_and_assists_before_stops() -> None:
    """What holds requests up is what a reader sees first."""
    text = render_trace(sick(), "t")
    places = [text.index(title) for title in ("Is the collector", "Mark assists", "The world")]
    assert places == sorted(places)
    assert "does not say who allocates" in text
