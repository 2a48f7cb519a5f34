"""heapwise's reading of execution traces against `go tool trace -d=parsed` on fresh traces."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from heapwise.analysis.exectrace import summarise
from heapwise.formats.exectrace import open_trace
from heapwise.model.trace import TraceSummary
from support.parsedtrace import Parsed, parse

SOURCE = Path(__file__).parent.parent / "data" / "gotrace"

pytestmark = pytest.mark.go

STOP = "stop-the-world (GC {})"
CLOCK_NS = 64


def toolchains() -> list[str]:
    """The Go on PATH and the one from PyPI, as far as they are there."""
    candidates = (shutil.which("go"), Path(sys.executable).parent / "go")
    return [str(go) for go in candidates if go and Path(go).exists()]


@cache
def readings(go: str, folder: Path) -> tuple[TraceSummary, Parsed]:
    """One trace of a program built with a toolchain, as we read it and as Go does."""
    trace, program = folder / "trace.out", folder / "program"
    subprocess.run([go, "build", "-o", program, "."], cwd=SOURCE, check=True, timeout=250)
    with trace.open("wb") as out:
        subprocess.run([program], stdout=out, check=True, timeout=60)
    with trace.open("rb") as file:
        return summarise(open_trace(file)), parse(Path(go), trace)


@pytest.fixture(params=toolchains(), scope="module")
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TraceSummary, Parsed]:
    """Our reading and Go's of a trace of each toolchain."""
    return readings(request.param, tmp_path_factory.mktemp("trace"))


def test_collections_are_as_many_and_as_long(both: tuple[TraceSummary, Parsed]) -> None:
    """Every concurrent mark phase is there, with its length to the clock's unit."""
    ours, theirs = both
    spans = theirs.spans["GC concurrent mark phase"]
    assert ours.marking is not None
    assert ours.marking.count == len(spans) > 3
    assert ours.gc.coverage == 1.0
    assert abs(ours.marking.total_ns - sum(spans)) <= CLOCK_NS * len(spans)
    assert abs(ours.marking.max_ns - max(spans)) <= CLOCK_NS


@pytest.mark.parametrize("reason", ["sweep termination", "mark termination"])
def test_stops_of_the_world_are_the_same_by_reason(
    both: tuple[TraceSummary, Parsed], reason: str
) -> None:
    """Stops are as many and take as long as Go says."""
    ours, theirs = both
    spans = theirs.spans[STOP.format(reason)]
    (stop,) = (each for each in ours.stops if each.name == reason)
    assert stop.count == len(spans) > 3
    assert abs(stop.total_ns - sum(spans)) <= CLOCK_NS * len(spans)
    listed = [each for each in ours.gc.stops if each.reason == reason]
    assert len(listed) == len(spans)
    assert all(each.gc for each in listed)


def test_every_reason_to_stop_the_world_is_known(both: tuple[TraceSummary, Parsed]) -> None:
    """No stop is missing, also those that are not the collector's."""
    ours, theirs = both
    reasons = {
        name.removeprefix("stop-the-world (").removesuffix(")").removeprefix("GC ")
        for name, spans in theirs.spans.items()
        if name.startswith("stop-the-world") and spans
    }
    assert {stop.name for stop in ours.stops} == reasons


def test_assists_are_as_many_and_take_as_long(both: tuple[TraceSummary, Parsed]) -> None:
    """Mark assists agree in number, in total and in the longest."""
    ours, theirs = both
    spans = theirs.spans["GC mark assist"]
    assert sum(each.count for each in ours.assists) == len(spans) == len(ours.gc.assists) > 0
    total = sum(each.total_ns for each in ours.assists)
    assert abs(total - sum(spans)) <= CLOCK_NS * len(spans)
    assert abs(max(each.max_ns for each in ours.assists) - max(spans)) <= CLOCK_NS


def test_the_heap_and_its_goal_end_where_go_says(both: tuple[TraceSummary, Parsed]) -> None:
    """The last point of each curve is the last value of Go's metric."""
    ours, theirs = both
    last = {curve.name: curve.value[-1] for curve in ours.heap}
    assert last["goal"] == theirs.metrics["/gc/heap/goal:bytes"]
    assert last["heap"] == theirs.metrics["/memory/classes/heap/objects:bytes"]
    assert ours.procs == theirs.metrics["/sched/gomaxprocs:threads"]


def test_goroutines_are_created_and_destroyed_as_often(
    both: tuple[TraceSummary, Parsed],
) -> None:
    """Creations and ends agree."""
    ours, theirs = both
    created = sum(n for (old, _), n in theirs.changes.items() if old == "NotExist")
    destroyed = sum(n for (_, new), n in theirs.changes.items() if new == "NotExist")
    assert (ours.goroutines.created, ours.goroutines.destroyed) == (created, destroyed)


def test_waits_agree_where_only_the_program_waits_so(both: tuple[TraceSummary, Parsed]) -> None:
    """Waits for the network and in select, which the runtime's own goroutines do not do."""
    ours, theirs = both
    for reason in ("network", "select"):
        (spread,) = (each for each in ours.blocked if each.name == reason)
        spans = theirs.waits[reason]
        assert spread.count == len(spans) > 10
        assert abs(spread.total_ns - sum(spans)) <= CLOCK_NS * len(spans)


def test_waits_of_the_tracer_itself_do_not_count(both: tuple[TraceSummary, Parsed]) -> None:
    """The program sleeps 200 times, and the tracer's own goroutine besides."""
    ours, _ = both
    assert [each.count for each in ours.blocked if each.name == "sleep"] == [200]


def test_tasks_and_regions_are_counted_by_name(both: tuple[TraceSummary, Parsed]) -> None:
    """Each request is a task and each of its bursts a region."""
    ours, theirs = both
    counted = {("TaskEnd", each.name): each.count for each in ours.tasks}
    counted |= {("RegionEnd", each.name): each.count for each in ours.regions}
    assert counted == theirs.marks == {("TaskEnd", "request"): 60, ("RegionEnd", "burn"): 60}


def test_the_forced_collection_is_known_by_its_stack(both: tuple[TraceSummary, Parsed]) -> None:
    """The program forces its last collection, and no other."""
    ours, _ = both
    assert [each.forced for each in ours.gc.collections][-1] == 1
    assert sum(each.forced == 1 for each in ours.gc.collections) == 1


def test_who_paid_for_marking_is_known(both: tuple[TraceSummary, Parsed]) -> None:
    """Most assists are those of the goroutines that serve requests."""
    ours, _ = both
    assert ours.assists[0].name == "net/http.(*conn).serve"


def test_heap_before_after_and_live_fit_each_other(both: tuple[TraceSummary, Parsed]) -> None:
    """A collection begins below its peak, finds less alive than that, and aims at a goal."""
    ours, _ = both
    for each in ours.gc.collections:
        assert 0 < each.heap_before <= each.heap_after
        assert 0 < each.heap_live <= each.heap_after
        assert each.goal > 0
        assert each.pause_ns == each.sweep_termination_ns + each.mark_termination_ns
        assert each.start_ns + each.sweep_termination_ns + each.mark_ns <= each.end_ns
