"""Traces as files for ui.perfetto.dev: the Trace Event Format's rules, and what is drawn."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from heapwise.analysis.exectrace import TraceAnalysis, Tracks
from heapwise.analysis.exectrace.tracks import MOST, PER_SECOND
from heapwise.model.exectrace import EventKind as K
from heapwise.model.trace import Slices, Track
from heapwise.report.perfetto import PerfettoFile
from support.tracecolumns import Script, stream
from support.traceevents import check_events


def drawn(*scripts: Script) -> tuple[dict[str, Any], dict[str, int]]:
    """The file that is written for a trace, read again, and what it leaves out."""
    trace, analysis, tracks, out = stream(*scripts), TraceAnalysis(), Tracks(), io.BytesIO()
    file = PerfettoFile(out)
    for generation in trace:
        for slices in tracks.draw(analysis.take(generation)):
            file.slices(slices)
    left_out = file.finish(analysis.summary(trace))
    document: dict[str, Any] = json.loads(out.getvalue())
    check_events(document)
    return document, left_out


def rich() -> tuple[Script, Script]:
    """Two generations with everything that is drawn."""
    first, second = Script(), Script(first_id=20)
    first.at(0, K.PROCS_CHANGE, a=2)
    first.at(0, K.HEAP_GOAL, a=4_000)
    first.at(0, K.GO_CREATE, 1, a=7, b=first.stack("main.work"))
    first.at(1_000, K.GO_START, a=7, proc=0)
    first.at(2_000, K.HEAP_ALLOC, 7, a=3_000)
    first.at(2_500, K.TASK_BEGIN, 7, a=1, c="request")
    first.at(2_500, K.REGION_BEGIN, 7, a=1, b="parse\u202e")
    first.at(3_000, K.GC_BEGIN, 7)
    first.at(3_100, K.STW_BEGIN, 7, a="GC sweep termination")
    first.at(3_250, K.STW_END, 7)
    first.at(3_500, K.ASSIST_BEGIN, 7)
    second.at(5_000, K.ASSIST_END, 7)
    second.at(5_500, K.GC_END, 7)
    second.at(6_000, K.REGION_END, 7, a=1, b="parse\u202e")
    second.at(6_000, K.TASK_END, 7, a=1)
    second.at(7_000, K.GO_BLOCK, 7, a="sleep")
    return first, second


def test_everything_has_its_track() -> None:
    """Runs, collections, stops, assists, regions, tasks and counters, with times in µs."""
    document, left_out = drawn(*rich())
    events = document["traceEvents"]
    groups = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    told = {(groups[e["pid"]], e["name"], e["ts"], e.get("dur")) for e in events if e["ph"] != "M"}
    assert told >= {
        ("Processors", "main.work", 1.0, 6.0),
        ("Garbage collector", "GC 1", 3.0, 2.5),
        ("Garbage collector", "sweep termination", 3.1, 0.15),
        ("Garbage collector", "heap", 2.0, None),
        ("Garbage collector", "goal", 0.0, None),
        ("Goroutines that had to mark", "mark assist", 3.5, 1.5),
        ("Regions", "parse\\u202e", 2.5, 3.5),
        ("Tasks", "request", 2.5, None),
        ("Tasks", "request", 6.0, None),
        ("Goroutines by state", "running", 7.0, None),
    }
    assert left_out == {}
    assert document["otherData"]["format"] == "go 1.26"


def test_every_track_is_named() -> None:
    """A thread that something is drawn in has a name; assists have that of their function."""
    events = drawn(*rich())[0]["traceEvents"]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert {(e["pid"], e["tid"]) for e in events if e["ph"] == "X"} <= set(names)
    assert {"proc 0", "main.work 7", "goroutine 7", "collections"} <= set(names.values())


def test_runs_with_hardly_a_gap_are_one() -> None:
    """The sweeper yields after every span; drawn one by one it would fill the file."""
    script = Script()
    for start in range(0, 100_000, 1_000):
        script.at(start, K.GO_START, a=7, proc=0)
        script.at(start + 900, K.GO_STOP, 7, a="preempted")
    script.at(200_000, K.GO_START, a=7, proc=0)
    script.at(200_500, K.GO_STOP, 7, a="preempted")
    script.at(200_600, K.GO_START, a=7, proc=1)
    script.at(200_700, K.GO_STOP, 7, a="preempted")
    runs = [e for e in drawn(script)[0]["traceEvents"] if e["ph"] == "X"]
    assert [(e["tid"], e["ts"], round(e["dur"], 3)) for e in runs] == [
        (1, 0.0, 99.9), (1, 200.0, 0.5), (2, 200.6, 0.1),
    ]  # fmt: skip


def test_the_size_is_bounded_and_what_is_missing_is_said() -> None:
    """Of more runs than a second has room for the longest are drawn."""
    script = Script()
    room = PER_SECOND // 10
    for number in range(room + 50):
        start = number * 40_000
        script.at(start, K.GO_START, a=7, proc=0)
        script.at(start + (20_000 if number % 2 else 10_000), K.GO_STOP, 7, a="preempted")
    document, left_out = drawn(script)
    kept = Counter(e["dur"] for e in document["traceEvents"] if e["ph"] == "X")
    assert left_out == {"processors": 50} == document["otherData"]["left out"]
    assert kept == {20.0: room // 2 + 25, 10.0: room // 2 - 25}


def test_a_track_may_be_drawn_without_end_but_not_written() -> None:
    """After a million slices nothing more is drawn, however long the trace."""
    tracks, many = Tracks(), MOST + 5
    row = np.zeros(many, np.int64)
    start = np.arange(many) * 10**9
    slices = Slices(
        track=Track.REGIONS, row=row, start=start, end=start + 5, name=row, goroutine=row,
        names=["f"], left_out=0,
    )  # fmt: skip
    limited = tracks._limited(slices)
    assert (len(limited.row), limited.left_out) == (MOST, 5), "a private seam: a trace takes long"
    assert tracks._limited(slices).left_out == many


@pytest.mark.parametrize("broken", ["dur", "ts", "pid"])
def test_the_check_of_the_format_finds_what_is_missing(broken: str) -> None:
    """The test's own oracle refuses an event without a required field."""
    document, _ = drawn(*rich())
    del next(e for e in document["traceEvents"] if e["ph"] == "X")[broken]
    with pytest.raises(AssertionError):
        check_events(document)
