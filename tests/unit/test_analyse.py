"""A recording, analysed as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from heapwise.model.generator import ENGINE_EVENT, EngineUsage, Generator, Stock
from heapwise.model.recording import Calibration, Event, Problem, Recording, Scope, State
from heapwise.record.analyse import analyse
from heapwise.record.store import load
from support.recordings import AFTER, make_recording
from support.runs import (
    S,
    fence,
    hits,
    manifest,
    plan,
    process,
    recording,
    sample,
    steady,
    values,
    window,
)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The sick service of the lab: 2000 requests of 1,185,000 bytes and 120 objects."""
    return load(make_recording(tmp_path_factory.mktemp("runs") / "before.hw", gctrace=True))


def test_the_cost_per_request_is_exact(before: Recording) -> None:
    """What the readings cost is taken off to the byte; the work is the responses."""
    report = analyse(before)
    assert report.per_work is not None
    assert (report.per_work.work.unit, report.per_work.work.count) == ("req", 2000)
    assert report.per_work.bytes == 1_185_000
    assert report.per_work.allocs == 120
    assert values(report.metrics)["bytes/work"] == 1_185_000
    assert (report.state, report.valid) == ("complete", True)


def test_every_part_of_a_report_is_filled(before: Recording) -> None:
    """Collector from gctrace, owners and findings from the profiles, charts from the samples."""
    report = analyse(before)
    assert report.gc is not None
    assert (report.gc.cycles, report.gc.seen, report.gc.source) == (519, 519, "gctrace")
    assert report.owners is not None
    assert "middleware" in report.owners.rows[0].owner
    assert report.owners.rows[0].bytes_share == pytest.approx(0.985, abs=0.001)
    assert report.findings[0].code == "HW101"
    assert report.next_command == "heapwise explain HW101"
    assert {line.name for line in report.timeline.heap} == {"heap in use", "live heap", "goal"}
    assert report.load_result is not None
    assert report.load_result.total.sent == 2000


def test_the_cured_service_has_no_finding(tmp_path: Path) -> None:
    """Then the next thing to look at is the whole picture."""
    report = analyse(load(make_recording(tmp_path / "after it.hw", **AFTER)))
    assert report.findings == ()
    assert report.next_command == "heapwise report 'after it.hw' -type html -o 'after it.html'"


def test_an_interrupted_run_reports_what_is_there(tmp_path: Path) -> None:
    """Killed before the second fence: cost to the last reading, latency of all hits, no owners."""
    report = analyse(load(make_recording(tmp_path / "cut.hw", finish=False)))
    assert report.state == "interrupted"
    assert report.owners is None
    assert report.findings == ()
    assert report.per_work is not None
    # Requests in flight at that reading are counted by the service and not yet by the load.
    assert report.per_work.bytes == pytest.approx(1_185_000, rel=0.005)
    assert values(report.metrics)["latency.p50"] is not None
    assert report.valid
    assert {problem.scope for problem in report.problems} == {Scope.NONE}


def test_a_restart_marks_every_figure_and_gives_none_below_zero() -> None:
    """The counters of the second process are lower than those of the first."""
    run = recording(
        window(fence(1, total_alloc=1000, num_gc=5), fence(11, total_alloc=50, num_gc=1)),
        memory=(
            sample(4, total_alloc=4000, num_gc=8),
            sample(6, total_alloc=10, num_gc=0),
            sample(9, total_alloc=40, num_gc=1),
        ),
        process=(process(1, 3), process(4, 6), process(6, 0), process(10, 1)),
        hits=steady(1, 10, 10),
    )
    report = analyse(run)
    found = [value for value in report.metrics if value.value is not None]
    assert not report.valid
    assert all("restarted" in value.invalid for value in found)
    assert all(value.value >= 0 for value in found if value.value is not None)
    # 3000 bytes in the three seconds before, in which 30 requests were answered.
    assert values(report.metrics)["bytes/work"] == 100.0
    assert values(report.metrics)["gc.cycles"] == 3.0
    assert report.next_command == "heapwise doctor http://127.0.0.1:8080"


def test_a_late_generator_leaves_the_allocation_figures_alone() -> None:
    """Each hit left 50 ms after it could have."""
    made = steady(1, 10, 10, latency_ms=60)
    late = replace(made, sent=made.intended + 50_000_000)
    run = recording(window(fence(1, total_alloc=0), fence(12, total_alloc=500)), hits=late)
    report = analyse(run)
    invalid = {value.metric for value in report.metrics if value.invalid}
    assert invalid == {each for each in values(report.metrics) if each.startswith("latency.")}
    assert values(report.metrics)["bytes/work"] == 5.0


def test_somebody_elses_load_is_given_per_second() -> None:
    """2.5 s, 1000 bytes and 50 objects: exactly 400 bytes and 20 objects a second."""
    run = recording(
        window(fence(1), fence(3.5, total_alloc=1000, mallocs=50)),
        manifest=manifest(plan=None),
        process=(process(0, 0), process(5, 5)),
    )
    report = analyse(run)
    assert report.work_unit == "s"
    assert report.load_result is None
    assert report.load == "made by somebody else, recorded for 2.50 s"
    found = values(report.metrics)
    assert (found["bytes/work"], found["allocs/work"]) == (400.0, 20.0)
    assert found["cpu/work"] == pytest.approx(1e9)


def test_load_that_went_on_during_the_calibration_is_not_called_measuring() -> None:
    """100 bytes a second all the time, 20 more a reading of 1 s, of which two are in the window."""
    calibrated = Calibration(
        bytes_per_reading=120, allocs_per_reading=12, readings=5, idle_ns=6 * S
    )
    before, after = (
        msgspec.structs.replace(end, calibration=calibrated)
        for end in (fence(1), fence(11, total_alloc=1040, mallocs=104))
    )
    run = recording(window(before, after, readings=1), manifest=manifest(plan=None))
    cost = analyse(run).per_work
    assert cost is not None
    assert (cost.bytes, cost.allocs) == (pytest.approx(100), pytest.approx(10))
    assert cost.measuring_bytes == pytest.approx(5)  # 40 bytes in the 8 s that are left


def test_targets_driven_apart_have_figures_of_their_own() -> None:
    """Ten requests at 100 bytes, five at 10: each apart, and 70 on average."""
    run = recording(
        window(fence(0), fence(2, total_alloc=1000), name="target-0", target=0),
        window(fence(3, total_alloc=9000), fence(5, total_alloc=9050), name="target-1", target=1),
        manifest=manifest(plan=plan(targets=2)),
        hits=hits(*((0.1 * n, 1) for n in range(10)), *((3 + 0.1 * n, 1) for n in range(5))),
    )
    report = analyse(run)
    assert [(each.target, each.per_work.bytes) for each in report.endpoints] == [
        ("POST http://127.0.0.1:8080/evaluate", 100.0),
        ("POST http://127.0.0.1:8080/evaluate1", 10.0),
    ]
    assert values(report.metrics)["bytes/work"] == 70.0


def test_what_reading_the_counters_cost_is_taken_off() -> None:
    """Two readings beside the load and the fence's own: three of 100 bytes."""
    measured = Calibration(bytes_per_reading=100.0, allocs_per_reading=1.0, readings=5, idle_ns=S)
    opened = msgspec.structs.replace(fence(0), calibration=measured)
    run = recording(
        window(opened, fence(5, total_alloc=1300, mallocs=13), readings=2),
        hits=hits(*((n / 10, 1) for n in range(10))),
    )
    cost = analyse(run).per_work
    assert cost is not None
    assert (cost.bytes, cost.allocs, cost.measuring_bytes) == (100.0, 1.0, 30.0)


def test_profiles_that_do_not_match_leave_the_rest(before: Recording) -> None:
    """A CPU profile where a heap profile should be explains nothing, and spoils nothing."""
    first, last = before.windows[0].before.profile, before.windows[0].after
    assert last is not None
    heap = before.profiles[first]
    other = replace(heap, sample_types=heap.sample_types[::-1])
    report = analyse(replace(before, profiles={first: other, last.profile: heap}))
    assert report.owners is None
    assert report.findings == ()
    assert values(report.metrics)["bytes/work"] == 1_185_000
    assert any("who allocated is unknown" in problem.what for problem in report.problems)


def test_an_empty_recording_is_reported() -> None:
    """Killed before the first fence: no figure, no crash, no NaN."""
    report = analyse(recording(state=State.INTERRUPTED))
    assert report.per_work is None
    assert {value.value for value in report.metrics} == {None}
    assert b"NaN" not in msgspec.json.encode(report)
    assert msgspec.json.decode(msgspec.json.encode(report), type=type(report)) == report


def test_problems_that_spoil_stand_first_and_none_stands_twice(before: Recording) -> None:
    """A reader sees what is invalid before what is merely worth knowing."""
    note, bad = Problem(scope=Scope.NONE, what="note"), Problem(scope=Scope.GC, what="bad")
    report = analyse(replace(before, problems=(note, bad, note)))
    assert report.problems == (bad, note)


def test_the_generator_of_a_recording_is_reported() -> None:
    """Its windows' worst; a recording of before, or of a version to come, tells what it can."""
    usage = EngineUsage(
        cpu_ns=3 * S, elapsed_ns=10 * S, connections_opened=4, queue_max=2, ports=Stock(4, 28_232)
    )
    old = {"cpu_ns": S, "elapsed_ns": 10 * S, "connections_opened": 1, "queue_max": 7}
    strange = {"cpu_ns": "a lot", "elapsed_ns": None}
    made = (msgspec.to_builtins(usage), old | {"stopped": False}, strange)
    events = tuple(Event(0, ENGINE_EVENT, fields) for fields in made)
    run = recording(hits=steady(0, 1, 10))
    report = analyse(replace(run, events=events))
    assert report.load_result is not None
    assert report.load_result.generator == Generator(
        engine="curl", pacing="precise", most_in_flight=1, cpu_share=0.3, connections_opened=5,
        queue_max=7, ports=Stock(4, 28_232),
    )  # fmt: skip
    alone = analyse(run).load_result
    assert alone is not None
    assert alone.generator == Generator(engine="curl", pacing="precise", most_in_flight=1)
