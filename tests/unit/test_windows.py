"""Windows that end where their figures end."""

from __future__ import annotations

from heapwise.analysis.windows import (
    completed,
    length_ns,
    load_start_ns,
    restarted_ns,
    settle,
    settled,
)
from heapwise.model.load import HitFlag, Outcome
from support.runs import S, fence, hits, recording, sample, window


def test_a_window_between_two_fences_is_settled_already() -> None:
    """Nothing is recomputed for a whole run."""
    whole = window(fence(1, total_alloc=10), fence(5, total_alloc=50), readings=3)
    readings = (sample(2, total_alloc=20), sample(3, total_alloc=30))
    assert settle(whole, readings) is whole


def test_an_interrupted_window_ends_at_its_last_reading() -> None:
    """Its counters are exact there; the reading that ends it lies outside, as a fence's does."""
    cut = window(fence(1, total_alloc=10), None)
    readings = (sample(0.5, total_alloc=5), sample(2, total_alloc=20), sample(3, total_alloc=30))
    end = settle(cut, readings)
    assert end.after is not None
    assert (end.after.at_ns, end.after.counters.total_alloc) == (3 * S, 30)
    assert end.after.profile == ""
    assert end.readings == 1


def test_a_restart_ends_the_window_before_it() -> None:
    """Counters of two processes are never subtracted from each other."""
    broken = window(fence(1, total_alloc=10), fence(5, total_alloc=15))
    readings = (sample(2, total_alloc=20), sample(3, total_alloc=2), sample(4, total_alloc=9))
    assert restarted_ns(broken, readings) == 3 * S
    end = settle(broken, readings)
    assert end.after is not None
    assert (end.after.at_ns, end.after.counters.total_alloc) == (2 * S, 20)


def test_a_restart_seen_only_at_the_second_fence_is_a_restart() -> None:
    """The last reading before it still belongs to the first process."""
    broken = window(fence(1, total_alloc=10), fence(5, total_alloc=15))
    readings = (sample(2, total_alloc=20),)
    assert restarted_ns(broken, readings) == 5 * S
    end = settle(broken, readings)
    assert end.after is not None
    assert end.after.counters.total_alloc == 20


def test_a_window_without_any_reading_has_no_end() -> None:
    """It is left out of a run's windows."""
    assert settled(recording(window(fence(1), None), memory=(sample(0.5),))) == ()


def test_windows_add_up() -> None:
    """Targets driven apart each have a window; the run is as long as all of them."""
    windows = (window(fence(1), fence(3)), window(fence(10), fence(15)))
    assert length_ns(windows) == 7 * S


def test_work_is_every_complete_response_inside_whatever_its_status() -> None:
    """Of six hits one ends before, one after, one at the fence, one as a 500, one is refused."""
    outcome = [Outcome.OK, Outcome.OK, Outcome.OK, Outcome.OK, Outcome.REFUSED, Outcome.OK]
    made = hits(
        (0.9, 50),  # done 0.95 s: before
        (1.0, 10),
        (2.0, 10),
        (2.9, 100),  # done at 3 s, as the fence was read
        (2.0, 10),
        (2.9, 101),  # after
        outcome=outcome,
        status=[200, 200, 500, 200, 0, 200],
    )
    assert completed(made, [window(fence(1), fence(3))]) == 3


def test_charts_begin_where_the_load_does() -> None:
    """Warm-up hits come before zero."""
    made = hits((1, 1), (2, 1), (3, 1), flags=[HitFlag.WARMUP, 0, 0])
    assert load_start_ns(recording(window(fence(1.5), None), hits=made)) == 2 * S
    assert load_start_ns(recording(window(fence(1.5), None))) == 3 * S // 2
