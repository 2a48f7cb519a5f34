"""Real traces of every version of the format, summarised as Go's own trace tool counts them."""

from __future__ import annotations

import io
import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.exectrace import summarise
from heapwise.formats.exectrace import open_trace
from heapwise.model.trace import TraceSummary
from support.exectrace_data import FOLDER, NAMES, trace_of

STOP = "end stop-the-world ("


@cache
def read(version: str) -> tuple[TraceSummary, dict[str, int]]:
    """Our summary of a trace, and the counts of the trace tool of the Go that wrote it."""
    counts: dict[str, int] = json.loads((FOLDER / f"{version}.json").read_text())
    return summarise(open_trace(io.BytesIO(trace_of(version)))), counts


@pytest.mark.parametrize("version", NAMES)
def test_counts_are_those_of_gos_own_tool(version: str) -> None:
    """Collections, stops by reason, assists, goroutines created and the last goal agree."""
    ours, theirs = read(version)
    assert ours.damage is None
    assert ours.marking is not None
    assert ours.marking.count == theirs["end GC concurrent mark phase"] == len(ours.gc.collections)
    stops = {stop.name: stop.count for stop in ours.stops}
    assert stops == {
        name.removeprefix(STOP).removeprefix("GC ").removesuffix(")"): count
        for name, count in theirs.items()
        if name.startswith(STOP)
    }
    assert sum(each.count for each in ours.assists) == theirs["end GC mark assist"]
    created = sum(count for name, count in theirs.items() if name.startswith("go NotExist->"))
    assert ours.goroutines.created == created
    goal = next(curve for curve in ours.heap if curve.name == "goal")
    assert goal.value[-1] == theirs["last heap goal in bytes"]


@pytest.mark.parametrize("version", NAMES)
def test_what_the_program_did_is_found_by_name(version: str) -> None:
    """Its region by name and count, who assisted, and which collection it forced."""
    ours, theirs = read(version)
    assert [(each.name, each.count) for each in ours.regions] == [
        ("piece", theirs["region begin piece"])
    ]
    assert ours.assists[0].name == "main.allocate.func1"
    assert sum(each.forced == 1 for each in ours.gc.collections) == 1
    assert all(0 < each.heap_live <= each.heap_after for each in ours.gc.collections)


@given(
    st.sampled_from(NAMES), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=9)
)
def test_a_damaged_trace_has_a_summary(version: str, changes: list[tuple[float, int]]) -> None:
    """Whatever bytes are changed behind the header, there is a summary and no error."""
    content = bytearray(trace_of(version))
    for place, byte in changes:
        content[16 + int(place * (len(content) - 17))] = byte
    summary = summarise(open_trace(io.BytesIO(content)))
    assert summary.size == len(content) or summary.damage is not None
    assert summary.gc.coverage == 1.0


def test_there_are_traces_before_and_after_go_1_22() -> None:
    """Both kinds of the format are among them."""
    versions = {read(version)[0].version for version in NAMES}
    assert versions >= {"go 1.19", "go 1.21", "go 1.22", "go 1.23", "go 1.25"}
