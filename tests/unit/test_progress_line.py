"""The line on a terminal while a load runs: what it says, and that it says it quietly."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.cli.progress import ProgressLine, fitting, parts
from heapwise.load.pulse import Pulse, Reading
from heapwise.model.load import ConstantRate, Hits, Outcome, Plan, Target
from heapwise.model.schedules import Saturate, Schedule
from heapwise.units import NS_PER_S

MS = 1_000_000
EPOCH = 77 * NS_PER_S
"""CLOCK_MONOTONIC at the hits' zero."""

STEADY = ConstantRate.of(Fraction(100), 60 * NS_PER_S)
PLAN = Plan(targets=(Target("GET", "http://a/"),), schedule=STEADY)


def hits(due: list[int], latency: list[int], **columns: int) -> Hits:
    """Hits that were sent when due, in the order they ended."""
    order = np.argsort(np.array(due) + np.array(latency), kind="stable")
    table = Hits.from_rows(np.zeros((len(due), len(Hits.columns())), np.int64))
    table.intended[:] = table.ready[:] = table.sent[:] = np.array(due)[order]
    table.done[:] = table.sent + np.array(latency)[order]
    table.status[:] = 200
    for name, value in columns.items():
        getattr(table, name)[:] = value
    return table


def every(ms: int, first: int, last: int) -> list[int]:
    """Times so far apart."""
    return [n * ms * MS for n in range(first, last)]


def pulse_after(told: Hits, schedule: Schedule | None = STEADY) -> Pulse:
    """A pulse that was told of hits the moment the last of them ended."""
    pulse = Pulse(schedule)
    pulse.see(told, EPOCH + int(told.done.max()))
    return pulse


@settings(max_examples=60)
@given(st.data())
def test_in_flight_is_what_is_due_and_has_not_ended(data: st.DataObject) -> None:
    """At the moment the last hit that was told of ended, the count is exact."""
    count = data.draw(st.integers(1, 300))
    seed = data.draw(st.integers(0, 2**32))
    latency = np.random.default_rng(seed).integers(1, 300 * MS, count).tolist()
    everything = hits(every(10, 0, count), latency)
    cut = data.draw(st.integers(1, count))
    if everything.intended[:cut].min() > 0:
        return  # the first hit hangs: where the schedule began is not known yet
    told = everything.select(np.arange(count) < cut)
    at = int(told.done[-1])
    reading = pulse_after(told).read(EPOCH + at)
    still = np.count_nonzero((everything.intended <= at) & (everything.done > at))
    unborn = at // (10 * MS) + 1 - np.count_nonzero(everything.intended <= at)
    ties = np.count_nonzero(everything.done[cut:] == at)
    assert reading.pending == still + unborn + ties
    assert reading.ended == cut


def test_a_service_that_hangs_fills_the_line() -> None:
    """Nothing ends any more: what is in flight grows as the schedule goes on, the rate falls."""
    pulse = pulse_after(hits(every(10, 0, 100), [MS] * 100))
    at_once = pulse.read(EPOCH + 1000 * MS)
    assert (at_once.pending, at_once.ended) == (0, 100)
    assert at_once.rate == pytest.approx(100, rel=0.02)
    assert pulse.read(EPOCH + 1600 * MS).pending == 51
    later = pulse.read(EPOCH + 3100 * MS)
    assert (later.pending, later.rate, later.p50) == (201, 0, None)


def test_latencies_are_those_of_the_last_second() -> None:
    """A slow past is not held against the present; quantiles are nearest ranks."""
    slow = hits(every(10, 0, 100), [500 * MS] * 100)
    fast = hits(every(10, 100, 300), [MS, 2 * MS] * 100)
    pulse = pulse_after(slow)
    pulse.see(fast, EPOCH + int(fast.done.max()))
    reading = pulse.read(EPOCH + int(fast.done.max()))
    assert (reading.p50, reading.p99, reading.ended) == (MS, 2 * MS, 300)
    assert reading.rate == pytest.approx(100, rel=0.02)


@pytest.mark.parametrize(
    ("columns", "failed"),
    [({}, 0), ({"status": 503}, 5), ({"status": 302}, 0), ({"outcome": Outcome.TIMEOUT}, 5)],
)
def test_what_did_not_succeed_has_failed(columns: dict[str, int], failed: int) -> None:
    """By its outcome or by its status, as the report counts it."""
    reading = pulse_after(hits(every(10, 0, 5), [MS] * 5, **columns)).read(EPOCH + 41 * MS)
    assert reading.failed == failed


def test_hits_never_sent_are_neither_sent_nor_in_flight() -> None:
    """After a stop they are told of, and were due."""
    pulse = pulse_after(hits(every(10, 0, 10), [MS] * 10))
    never = hits(every(10, 10, 6000), [0] * 5990, sent=-1, done=-1, outcome=Outcome.NEVER_SENT)
    pulse.see(never, EPOCH + 100 * MS)
    reading = pulse.read(EPOCH + 200 * MS)
    assert (reading.ended, reading.failed, reading.pending) == (10, 0, 0)


@pytest.mark.parametrize("schedule", [None, Saturate(NS_PER_S)])
def test_where_no_schedule_tells_nothing_is_made_up(schedule: Schedule | None) -> None:
    """Somebody else's load and a closed loop have hits, and none that are due."""
    told = hits(every(10, 0, 5), [MS] * 5)
    assert pulse_after(told, schedule).read(EPOCH + 41 * MS).pending is None


def test_a_schedule_that_is_left_is_no_longer_believed() -> None:
    """Once the rate was changed, what is due by the plan says nothing."""
    pulse = pulse_after(hits(every(10, 0, 10), [MS] * 10))
    changed = hits([100 * MS + n * 3 * MS for n in range(10)], [MS] * 10)
    pulse.see(changed, EPOCH + int(changed.done.max()))
    assert pulse.read(EPOCH + 128 * MS).pending is None


READING = Reading(12_000, 7, 3, 1000.4, 1_200_000, 8_000_000)


def test_the_parts_of_the_line() -> None:
    """Rate, failures, latencies, in flight and sent; under a cap some may wait instead."""
    assert parts(READING, capped=False) == (
        "1,000/s", "7 failed", "p50 1.20 ms, p99 8.00 ms", "3 in flight", "12,003 sent",
    )  # fmt: skip
    assert parts(READING, capped=True)[-2:] == ("3 in flight or waiting", "12,003 due")
    nothing = Reading(0, 0, None, 0.0, None, None)
    assert parts(nothing, capped=False) == ("0/s", "0 ended")


@pytest.mark.parametrize("width", range(8, 200, 7))
def test_whole_parts_are_left_out_where_there_is_no_room(width: int) -> None:
    """Never half a figure: 12,003 cut to 12 would be another number."""
    texts = ["load: 12 s of 60 s", *parts(READING, capped=False)]
    line = fitting(texts, width)
    assert len(line) <= width
    if width >= len(texts[0]):
        assert line.split(" · ") == texts[: line.count(" · ") + 1]


class Screen:
    """A progress line, what it wrote, and a clock that stands until it is moved."""

    def __init__(self, plan: Plan | None = PLAN) -> None:
        self.now = EPOCH
        self.written: list[str] = []
        self.line = ProgressLine(plan, self.written.append, lambda: self.now)

    def show(self, step: str, told: Hits | None = None, *, after_ms: int = 0) -> str:
        """Tell the line something, later; what it wrote because of it."""
        self.now += after_ms * MS
        self.written.clear()
        self.line.show(step, told)
        return "".join(self.written)


def test_a_line_is_written_over_and_not_taken_away() -> None:
    """It starts at the margin, clears what is left of the old one, and control text is inert."""
    screen = Screen()
    assert screen.show("fence\x1b[31m") == "\rfence\\x1b[31m\x1b[K"
    assert screen.show("fence\x1b[31m", after_ms=900) == ""
    screen.line.clear()
    assert screen.written[-1] == "\r\x1b[K"


def test_it_is_drawn_five_times_a_second_at_most() -> None:
    """Hits in between are only counted."""
    screen = Screen()
    first = screen.show("load", hits(every(10, 0, 10), [0] * 10), after_ms=90)
    assert first.startswith("\rload: 0 s of 60 s · ")
    assert screen.show("load", hits(every(10, 10, 20), [0] * 10), after_ms=100) == ""
    assert "30 sent" in screen.show("load", hits(every(10, 20, 30), [0] * 10), after_ms=100)


def test_silence_is_told_too() -> None:
    """Asked without news, the line goes on: time passes, and more is in flight."""
    screen = Screen()
    screen.show("load")
    screen.show("load", hits(every(10, 0, 10), [MS] * 10), after_ms=91)
    assert "load: 3 s of 60 s · 0/s · 281 in flight" in screen.show("load", after_ms=2909)


def test_a_phase_begins_anew_and_a_message_ends_none() -> None:
    """Warm-up is not in the load's counts; hits after Ctrl-C's message go on with theirs."""
    screen = Screen()
    some: Any = hits(every(10, 0, 10), [MS] * 10)
    screen.show("warm-up")
    assert "10 ended" in screen.show("warm-up", some, after_ms=300)
    assert "0 ended" in screen.show("load")
    more = hits(every(10, 40, 50), [MS] * 10)
    assert "10 sent" in screen.show("load", more, after_ms=300)
    assert screen.show("finishing the run") == "\rfinishing the run\x1b[K"
    rest = hits(every(10, 50, 60), [MS] * 10)
    assert "20 sent" in screen.show("load", rest, after_ms=100)
    assert screen.show("fence") == "\rfence\x1b[K"
    assert "0 ended" in screen.show("load", after_ms=300)


def test_somebody_elses_load_has_no_end() -> None:
    """Without a plan there is no duration to count towards."""
    shown = Screen(None).show("knee: 50/s", hits(every(10, 0, 10), [MS] * 10))
    assert shown.startswith("\rknee: 50/s: 0 s · ")
    capped = Screen(msgspec.structs.replace(PLAN, connections=5))
    assert "waiting" in capped.show("load", hits(every(10, 0, 10), [MS] * 10))
