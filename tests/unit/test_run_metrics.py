"""Every figure of a run, and which of them a problem spoils."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from heapwise.analysis.gcstats import gc_summary
from heapwise.analysis.run_metrics import Measured, error_share, run_metrics
from heapwise.load.metrics import summarise
from heapwise.model.gc import GcCycle, Pause
from heapwise.model.load import LoadResult, Outcome
from heapwise.model.metrics import CATALOGUE, Family
from heapwise.model.recording import Problem, Scope
from heapwise.model.work import PerWork, Work
from support.runs import MIB, fence, hits, plan, process, recording, sample, values, window

RUN = window(fence(0, num_gc=0), fence(10, num_gc=4, max_rss=77))
MADE = hits(
    (1, 1), (2, 2), (3, 3), (4, 4),
    status=[200, 200, 503, 0],
    outcome=[Outcome.OK, Outcome.OK, Outcome.OK, Outcome.RESET],
    bytes_in=[100, 110, 30, 0],
)  # fmt: skip


def measured(**others: Any) -> Measured:
    """A run of which nothing is known but what is given."""
    parts: dict[str, Any] = {
        "recording": recording(RUN),
        "windows": (RUN,),
        "amount": 4.0,
        "per_work": None,
        "load": None,
        "gc": None,
        "problems": (),
    }
    return Measured(**(parts | others))


def load() -> LoadResult:
    """What the hits of this file add up to."""
    return summarise(MADE, plan())


def complete() -> dict[str, Any]:
    """Everything there is to measure, on the run of this file."""
    pauses = tuple(Pause(number=n, end_ns=n, pause_ns=n * 1000) for n in (1, 2, 3, 4))
    run = recording(
        RUN,
        pauses=pauses,
        memory=(sample(5, next_gc=20 * MIB),),
        process=(process(0, 0), process(10, 2, minor_faults=400, rss_peak=9 * MIB)),
    )
    return {
        "recording": run,
        "gc": gc_summary(run, RUN),
        "load": load(),
        "per_work": PerWork(Work("req", 4), 1000.0, 12.5, 1.0, 0.1),
    }


def test_every_metric_of_the_catalogue_is_there_in_its_order() -> None:
    """What was not measured has no value; it is never zero."""
    found = run_metrics(measured())
    assert [value.metric for value in found] == list(CATALOGUE)
    assert {value.value for value in found if value.metric != "rss.peak"} == {None}


def test_the_figures_of_a_small_run() -> None:
    """Four hits, four pauses, two CPU seconds, 400 faults: all worked out by hand."""
    found = values(run_metrics(measured(**complete())))
    assert found == {
        "bytes/work": 1000.0,
        "allocs/work": 12.5,
        "gc.cycles": 4.0,
        "gc.cycles/1k": 1000.0,
        "gc.cpu_share": None,
        "gc.assist_share": None,
        "gc.pause.p50": 2000.0,
        "gc.pause.p99": 4000.0,
        "gc.pause.max": 4000.0,
        "gc.pause.total": 10_000.0,
        "latency.p50": 2e6,
        "latency.p90": 4e6,
        "latency.p95": 4e6,
        "latency.p99": 4e6,
        "latency.p99.9": 4e6,
        "latency.max": 4e6,
        "cpu/work": 0.5e9,
        "rss.peak": 9.0 * MIB,
        "heap.live": 10.0 * MIB,
        "faults.minor/work": 100.0,
        "work.rate": None,
        "elapsed": None,
        "rate.achieved": pytest.approx(1.0),
        "response.bytes/work": 80.0,
        "errors.share": 0.5,
    }


def test_the_runtime_tells_the_peak_where_the_system_cannot() -> None:
    """A service that ran already is not ours to ask the system about."""
    assert values(run_metrics(measured()))["rss.peak"] == 77.0


def test_no_work_makes_no_division() -> None:
    """A run in which nothing was answered has no cost per request."""
    parts = complete() | {"amount": 0.0}
    found = values(run_metrics(measured(**parts)))
    assert found["cpu/work"] is None
    assert found["faults.minor/work"] is None


@pytest.mark.parametrize(
    ("scope", "families"),
    [
        (Scope.ALL, set(Family)),
        (Scope.LATENCY, {Family.LATENCY}),
        (Scope.ALLOCATION, {Family.ALLOCATION}),
        (Scope.GC, {Family.GC}),
        (Scope.NONE, set[Family]()),
    ],
)
def test_a_problem_spoils_the_figures_of_its_scope_and_no_others(
    scope: Scope, families: set[Family]
) -> None:
    """Bad latency does not invalidate allocation counts."""
    problem = Problem(scope=scope, what="the reason")
    found = run_metrics(measured(**complete(), problems=(problem,)))
    spoiled = {CATALOGUE[value.metric].family for value in found if value.invalid}
    assert spoiled == families
    assert {value.invalid for value in found} - {""} <= {"the reason"}


def test_a_missing_figure_is_not_marked_invalid() -> None:
    """There is nothing to distrust."""
    found = run_metrics(measured(problems=(Problem(scope=Scope.ALL, what="the reason"),)))
    assert {value.metric for value in found if value.invalid} == {"rss.peak"}


@pytest.mark.parametrize(
    ("seen", "invalid"),
    [
        (100, set[str]()),
        (80, {"gc.pause.max", "gc.pause.total"}),
        (30, {"gc.pause.max", "gc.pause.total", "gc.pause.p50", "gc.pause.p99"}),
    ],
)
def test_lost_pauses_spoil_extremes_before_quantiles_and_never_the_count(
    seen: int, invalid: set[str]
) -> None:
    """Of a hundred pauses: a maximum needs nearly all of them, a quantile half, the count none."""
    run = window(fence(0, num_gc=0), fence(1, num_gc=100))
    pauses = tuple(Pause(number=n + 1, end_ns=n, pause_ns=1000) for n in range(seen))
    gc = gc_summary(recording(run, pauses=pauses), run)
    found = run_metrics(measured(gc=gc, windows=(run,)))
    assert {value.metric for value in found if value.invalid} == invalid


def test_the_share_of_assists_is_known_where_every_cycle_is() -> None:
    """0.2 s of marking by requests, of 10 s on two processors; nothing without gctrace."""
    cycles = tuple(
        GcCycle(number=n, at_ns=n, cpu_percent=1, sweep_termination_ns=0, mark_ns=0,
                mark_termination_ns=0, assist_cpu_ns=50_000_000, processors=2)
        for n in (1, 2, 3, 4)
    )  # fmt: skip
    run = recording(RUN, cycles=cycles)
    found = values(run_metrics(measured(recording=run, gc=gc_summary(run, RUN))))
    assert found["gc.assist_share"] == pytest.approx(0.2 / 20)
    torn = recording(RUN, cycles=cycles[1:])
    lost = values(run_metrics(measured(recording=torn, gc=gc_summary(torn, RUN))))
    assert lost["gc.assist_share"] is None


def test_errors_are_a_share_of_what_was_sent() -> None:
    """One 503 and one reset of four; a run that sent nothing has no share."""
    assert error_share(load()) == 0.5
    nothing = summarise(hits(), plan())
    assert error_share(nothing) is None


def test_no_figure_is_nan_in_json() -> None:
    """Not even for a run without anything in it."""
    empty = recording()
    found = run_metrics(measured(recording=empty, windows=(), load=summarise(empty.hits, plan())))
    assert b"NaN" not in msgspec.json.encode(found)
    assert values(found)["latency.p99"] is None
