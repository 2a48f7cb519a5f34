"""Exact costs: counters between two fences, less what measuring took, never below zero."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.per_work import per_work
from heapwise.analysis.windows import completed, settled
from heapwise.model.memory import Counters
from heapwise.model.recording import Calibration, Fence, Scope, Window
from heapwise.model.work import Work
from heapwise.record.loader import load
from support.recordings import make_recording


def window(
    *,
    bytes_between: int,
    allocs_between: int = 0,
    readings: int = 0,
    costs: tuple[float | None, float | None] = (0.0, 0.0),
) -> Window:
    """A window whose counters rose by so much, with calibrations of so many bytes a reading."""
    start = 1 << 30
    fences = [
        Fence(
            at_ns=at,
            counters=Counters(total_alloc=start + size, mallocs=start + count, frees=0, num_gc=4),
            calibration=None if cost is None else calibration(cost),
        )
        for at, size, count, cost in (
            (0, 0, 0, costs[0]),
            (1, bytes_between, allocs_between, costs[1]),
        )
    ]
    return Window(name="load", target=-1, before=fences[0], after=fences[1], readings=readings)


def calibration(cost: float) -> Calibration:
    """Readings that cost so many bytes and a hundredth of that in objects."""
    return Calibration(bytes_per_reading=cost, allocs_per_reading=cost / 100, readings=5, idle_ns=9)


def test_the_readings_in_between_and_one_more_are_taken_off() -> None:
    """The answer to the first fence's reading and the arrival of the last make one."""
    spent = window(bytes_between=1_000_000, allocs_between=12_000, readings=9, costs=(2_000, 4_000))
    costs, problems = per_work(spent, Work("req", 100))
    assert costs is not None
    assert (costs.bytes, costs.measuring_bytes) == (9_700, 300)
    assert (costs.allocs, costs.measuring_allocs) == (117, 3)
    assert problems == ()


@given(
    size=st.integers(0, 1 << 40), count=st.integers(0, 1 << 30), readings=st.integers(0, 1000),
    cost=st.floats(-1e6, 1e9), work=st.integers(0, 1 << 20),
)  # fmt: skip
def test_no_figure_is_ever_negative(
    size: int, count: int, readings: int, cost: float, work: int
) -> None:
    """Not even where measuring seems to have cost more than was allocated."""
    spent = window(bytes_between=size, allocs_between=count, readings=readings, costs=(cost, cost))
    costs, _ = per_work(spent, Work("req", work))
    assert costs is not None
    figures = (costs.bytes, costs.allocs, costs.measuring_bytes, costs.measuring_allocs)
    assert all(figure is None or figure >= 0 for figure in figures)


@pytest.mark.parametrize("change", ["total_alloc", "mallocs", "num_gc"])
def test_counters_that_went_back_spoil_everything(change: str) -> None:
    """A restarted service has no costs in this window, and the run says so."""
    fine = Counters(total_alloc=100, mallocs=100, frees=0, num_gc=9)
    after = Counters(**{"total_alloc": 200, "mallocs": 200, "frees": 0, "num_gc": 9, change: 8})
    spent = Window(
        name="load", target=-1, before=Fence(at_ns=0, counters=fine),
        after=Fence(at_ns=1, counters=after), readings=3,
    )  # fmt: skip
    costs, problems = per_work(spent, Work("req", 10))
    assert costs is None
    assert [problem.scope for problem in problems] == [Scope.ALL]
    assert "restarted" in problems[0].what


def test_an_open_window_has_no_costs() -> None:
    """A run that was killed has no second fence."""
    open_window = Window(
        name="load", target=-1, after=None, readings=0,
        before=Fence(at_ns=0, counters=Counters(total_alloc=0, mallocs=0, frees=0)),
    )  # fmt: skip
    costs, problems = per_work(open_window, Work("req", 10))
    assert costs is None
    assert problems[0].scope is Scope.ALLOCATION


def test_no_work_gives_no_figure_and_says_so() -> None:
    """Nothing is divided by zero."""
    costs, problems = per_work(window(bytes_between=5_000), Work("req", 0))
    assert costs is not None
    assert costs.bytes is None
    assert "no req was completed" in problems[0].what


def test_one_calibrated_fence_is_enough_and_none_is_told() -> None:
    """The mean is over the fences that have one; without any, the cost stays in and is noted."""
    one, problems = per_work(window(bytes_between=10_000, costs=(None, 500)), Work("req", 10))
    assert one is not None
    assert one.bytes == 950
    assert problems == ()
    none, problems = per_work(window(bytes_between=10_000, costs=(None, None)), Work("req", 10))
    assert none is not None
    assert none.bytes == 1_000
    assert "not calibrated" in problems[0].what
    assert problems[0].scope is Scope.NONE


def test_a_window_that_is_mostly_measuring_must_not_be_trusted() -> None:
    """After a good fix, at a low rate, readings can outweigh the work."""
    _, problems = per_work(
        window(bytes_between=100_000, readings=9, costs=(9_000, 9_000)), Work("req", 10)
    )
    assert problems[0].scope is Scope.ALLOCATION
    assert "reading the counters 10 times" in problems[0].what


def test_a_recorded_run_comes_out_exactly(tmp_path: Path) -> None:
    """Counters, readings and calibration of a whole recording give the bytes that requests cost."""
    recording = load(make_recording(tmp_path / "run.hw", bytes_per_request=1_185_000))
    spent = settled(recording)[0]
    costs, _ = per_work(spent, Work("req", completed(recording.hits, [spent])))
    assert costs is not None
    assert costs.bytes == pytest.approx(1_185_000, rel=1e-6)
