"""What `heapwise gc` prints: text for people, rows for spreadsheets."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.model.finding import Interval
from heapwise.model.gc import GenerationSummary
from heapwise.model.gc_overview import (
    CpuFigures,
    Direction,
    GcOverview,
    HeapFigures,
    LogLines,
    Pacing,
    PauseFigures,
    Skipped,
    Trend,
    Within,
)
from heapwise.model.gc_timeline import Collection, GcSource, GcTimeline
from heapwise.names import visible
from heapwise.report.columns import WIDTH
from heapwise.report.gc_csv import render_gc_csv
from heapwise.report.gc_text import render_gc
from support.runs import MIB, MS, S

WHOLE = GcOverview(
    name="service.log",
    runtime="go",
    source=GcSource.GCTRACE,
    span_ns=10 * S,
    cycles=100,
    seen=90,
    coverage=0.9,
    forced=5,
    cycles_per_second=10.0,
    skipped=Skipped(cycles=1, ns=500 * MS, why="as asked"),
    pause=PauseFigures(
        meaning="both stops",
        count=90,
        quantiles={"p50": Within(100_000, 105_000, 110_000), "max": Within.exactly(2 * MS)},
        total_ns=12.0 * MS,
    ),
    cpu=CpuFigures(share=0.02, with_idle=0.05, assist=0.01, told=0.02, marking=0.3),
    heap=HeapFigures(
        before=40.0 * MIB, live=20.0 * MIB, amplitude=20.0 * MIB, floor=19.0 * MIB,
        trend=Trend(direction=Direction.RISING, bytes_per_second=Interval(1024.0, 512.0, 2048.0),
                    bins=24, bin_ns=S),
        allocation_rate=200.0 * MIB, in_use=50.0 * MIB, idle=10.0 * MIB, released=5.0 * MIB,
        fragmentation=0.1,
    ),
    pacing=Pacing(gogc=98.7, room=1.0, binds=True, why="of a reason"),
    worst=Collection(number=7, start_ns=0, end_ns=1, pause_ns=2 * MS, generation=2,
                     victim="a;b;c;d"),
    generations=(
        GenerationSummary(generation=2, cycles=3, pause_total_ns=30 * MS, pause_max_ns=20 * MS,
                          collected=1000, uncollectable=0),
    ),
    lines=LogLines(torn=1, missing=10, debug=2, other=1234, processes=1),
    warnings=("it is bad",),
    notes=("few cycles",),
    next_command="heapwise record",
)  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "service.log · go",
        "WARNING  it is bad",
        "  cycles      10/s, 100 in 10.0 s, 5.0 % of them forced",
        "  known by    gctrace: 90 of 100 cycles (90.0 % coverage)",
        "  left out    the first cycle in 500 ms: as asked",
        "  gen 2       3 cycles, 1,000 objects freed, pauses together 30.0 ms, max 20.0 ms",
        "  sawtooth    40.0 MiB down to 20.0 MiB alive, 20.0 MiB a cycle (medians)",
        "  allocation  200 MiB/s",
        "              settings, 1,234 of the application",
        "  90 pauses, together 12.0 ms: both stops",
        "    p50   105 µs  [100 µs, 110 µs]",
        "    max  2.00 ms",
        "  worst       cycle 7 of generation 2 stopped for 2.00 ms, in the way of b > c > d",
        "note  few cycles",
    ],
)
def test_each_fact_has_its_line(line: str) -> None:
    """With the unit, and the interval where there is one."""
    assert line in render_gc(WHOLE).splitlines()


def words(seen: GcOverview) -> str:
    """The text without its line breaks."""
    return " ".join(render_gc(seen).split())


def test_what_was_worked_out_is_told_from_what_was_told() -> None:
    """GOGC and the limit."""
    assert "GOGC about 99 (inferred)" in words(WHOLE)
    assert "the memory limit binds (inferred): of a reason" in words(WHOLE)
    told = Pacing(gogc=100, gogc_told=True, memory_limit=64 * MIB, binds=False, why="it is far")
    text = words(msgspec.structs.replace(WHOLE, pacing=told))
    assert "GOGC=100, GOMEMLIMIT 64.0 MiB, the memory limit does not bind: it is far" in text
    off = Pacing(gogc=-1, gogc_told=True, memory_limit=-1, binds=False, why="none")
    text = words(msgspec.structs.replace(WHOLE, pacing=off))
    assert "pacing GOGC=off, GOMEMLIMIT none worst" in text


def test_a_slope_is_told_with_its_interval_and_what_it_is_worth() -> None:
    """Per minute, from so many bins."""
    trend = "rising: +60.0 KiB a minute [+30.0 KiB, +120 KiB], 24 bins of 1.00 s"
    assert f"floor 19.0 MiB, {trend}" in words(WHOLE)
    few = msgspec.structs.replace(WHOLE.heap, trend=None)
    assert "too few points for a trend" in words(msgspec.structs.replace(WHOLE, heap=few))


def test_what_is_unknown_has_no_line() -> None:
    """Not a zero, and not a dash either: a page of counters knows little."""
    bare = GcOverview(
        name="vars.json", runtime="go", source=GcSource.EXPVAR, span_ns=None, cycles=3, seen=3,
        coverage=1.0, forced=None, cycles_per_second=None, skipped=None, pause=None,
        cpu=CpuFigures(), heap=HeapFigures(), pacing=Pacing(),
    )  # fmt: skip
    assert render_gc(bare) == "vars.json · go\n  cycles    3\n  known by  expvar\n"


def test_a_name_cannot_drive_the_terminal() -> None:
    """Whatever the file is called, lines stay lines and fit the width."""
    text = render_gc(msgspec.structs.replace(WHOLE, name="\x1b[31m\n" + "x" * 4000))
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= WIDTH


def a_timeline(*collections: Collection) -> GcTimeline:
    return GcTimeline(
        source=GcSource.CALLBACKS, clock="run", uncertainty_ns=0, begin_ns=0, end_ns=1,
        happened=len(collections), coverage=1.0, collections=collections,
    )  # fmt: skip


def test_a_row_holds_what_is_known_and_nothing_else() -> None:
    """Unknown is empty, and a start before the zero of its clock stays a number."""
    text = render_gc_csv(a_timeline(Collection(number=7, start_ns=-1, end_ns=5, pause_ns=6)))
    (row,) = csv.DictReader(io.StringIO(text))
    known = {name: value for name, value in row.items() if value}
    assert known == {"number": "7", "start_ns": "-1", "end_ns": "5", "pause_ns": "6"}
    assert list(row) == list(Collection.__struct_fields__)


@given(st.text(max_size=40))
def test_no_stack_becomes_a_formula(victim: str) -> None:
    """A text that a spreadsheet would run gets an apostrophe in front, any other stays."""
    text = render_gc_csv(a_timeline(Collection(number=1, start_ns=0, end_ns=1, victim=victim)))
    head, (*_, last) = csv.reader(io.StringIO(text, newline=""))
    assert head[-1] == "victim"
    assert not last.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert last in (visible(victim), f"'{visible(victim)}")
