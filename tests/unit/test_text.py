"""Runs and comparisons as plain text, one golden file a case."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from heapwise.analysis.compare import compare
from heapwise.model.comparison import ComparisonRow, Verdict
from heapwise.model.gc import Pause
from heapwise.model.metrics import CATALOGUE
from heapwise.model.recording import Event, Problem, Recording, Scope, State
from heapwise.model.report import Endpoint, RunReport
from heapwise.model.tables import OwnerTable
from heapwise.model.work import PerWork, Work
from heapwise.record.analyse import analyse
from heapwise.report.columns import WIDTH
from heapwise.report.comparison_words import format_change
from heapwise.report.text import render_comparison, render_run
from support.golden import assert_golden
from support.runs import (
    MIB,
    S,
    cycle,
    fence,
    finding,
    manifest,
    owner,
    plan,
    process,
    recording,
    report,
    sample,
    steady,
    window,
)

HOSTILE = "evil\x1b[2J\r\n\u202e main\x07.f\u200b"
COST = {
    "sweep_termination_cpu_ns": 120_000,
    "assist_cpu_ns": 1_000_000,
    "background_cpu_ns": 4_000_000,
    "mark_termination_cpu_ns": 80_000,
    "processors": 2,
}


def run(**others: Any) -> Recording:
    """Ten seconds at 100 req/s: 1010 bytes and 50 objects per request, 40 collections."""
    counted = {"next_gc": 32 * MIB, "stack_inuse": 0, "heap_alloc": 20 * MIB}
    memory = tuple(
        sample(at, total_alloc=at * 101_000, mallocs=at * 5_000, num_gc=at * 4, **counted)
        for at in range(2, 11)
    )
    settings: dict[str, Any] = {
        "manifest": manifest(plan=plan(100)),
        "hits": steady(1, 10, 100, latency_ms=2.5),
        "memory": memory,
        "process": tuple(process(at, at * 0.2, rss_peak=40 * MIB) for at in range(13)),
        "cycles": tuple(cycle(number, number / 4, **COST) for number in range(1, 60)),
    }
    opened = fence(1, total_alloc=101_000, mallocs=5_000, num_gc=4)
    closed = fence(11.5, total_alloc=1_111_000, mallocs=55_000, num_gc=44)
    return recording(window(opened, closed, readings=9), **(settings | others))


def explained(**others: Any) -> RunReport:
    """The same with findings and owners, as profiles would have given them."""
    owners = OwnerTable(
        unit="req",
        rows=(owner(module="github.com/go-chi/chi@v3.3.4"), owner("main.tiny", hits=2)),
        rest_bytes_share=0.002,
        dies_young=0.997,
        notes=("1 of 2 rows rest on fewer than 5 sampled events: guesses.",),
    )
    found = finding(module="github.com/go-chi/chi@v3.3.4")
    settings = {"owners": owners, "findings": (found,), "problems": (), "name": "before.hw"}
    return changed(analyse(run()), **(settings | others))


def interrupted() -> RunReport:
    """Killed before the second fence."""
    first = run().windows[0]
    cut = changed(first, after=None, readings=0)
    return analyse(replace(run(), windows=(cut,), state=State.INTERRUPTED))


def invalid_latency() -> RunReport:
    """Every hit left 50 ms late."""
    made = steady(1, 10, 100, latency_ms=60)
    return analyse(run(hits=replace(made, sent=made.intended + 50_000_000)))


def restarted() -> RunReport:
    """Another process answered from 8 s on."""
    reborn = sample(8, total_alloc=100, mallocs=5, num_gc=1)
    memory = tuple(reborn if each.at_ns == 8 * S else each for each in run().memory)
    return analyse(run(memory=memory))


def contradictory() -> RunReport:
    """Half of the pauses were read, and the counters contradict each other."""
    pauses = tuple(Pause(number=n, end_ns=n, pause_ns=90_000) for n in range(5, 29))
    return analyse(
        run(
            cycles=(),
            pauses=pauses,
            events=(Event(5, "contradiction", {"text": "Frees above Mallocs"}),),
        )
    )


def hostile() -> RunReport:
    """Names that try to drive the terminal, wherever a name can stand."""
    return explained(
        name=HOSTILE,
        service=HOSTILE,
        load=HOSTILE,
        findings=(finding(where=HOSTILE, title=HOSTILE, why=HOSTILE, module=HOSTILE),),
        owners=OwnerTable(
            unit="req",
            rows=(owner(HOSTILE, place=HOSTILE, module=HOSTILE),),
            rest_bytes_share=0.0,
            dies_young=0.2,
        ),
        endpoints=(Endpoint(HOSTILE, PerWork(Work("req", 1), 1.0, 1.0, 0.0, 0.0)),),
        problems=(Problem(scope=Scope.GC, what=HOSTILE, remedy=HOSTILE),),
    )


@pytest.mark.parametrize(
    ("case", "build"),
    [
        ("complete", explained),
        ("interrupted", interrupted),
        ("invalid-latency", invalid_latency),
        ("restarted", restarted),
        ("contradictory-counters", contradictory),
        ("hostile-names", hostile),
    ],
)
def test_the_report_of(case: str, build: Any) -> None:
    """Each state of a run reads as its golden file does."""
    assert_golden(f"report/{case}.txt", render_run(build()))


def test_the_comparison_of_before_and_after() -> None:
    """Better, worse, same, undecided and invalid rows; a finding gone and one new."""
    before = explained()
    after = report(
        name="after.hw",
        machine="Linux 6.1 x86_64, 8 CPUs Another CPU, 16.0 GiB",
        findings=(finding("HW999", "main.new main.go:1"),),
        metrics={value.metric: (value.value or 0) / 250 for value in before.metrics},
        invalid={"gc.pause.max": "only 24 of 40 pauses were seen"},
        load_result=before.load_result,
    )
    assert_golden("report/comparison.txt", render_comparison(compare(before, after)))


def test_what_dies_young_is_said_to() -> None:
    """And not where most of it stays."""
    assert "It dies young: 99.7 %" in render_run(explained())
    assert "dies young" not in render_run(hostile())


def test_an_interrupted_run_says_so_in_its_first_line() -> None:
    """Before any figure."""
    assert render_run(interrupted()).splitlines()[0] == "run.hw · INTERRUPTED"


def test_an_invalid_figure_is_marked_and_its_reason_stands_below_once() -> None:
    """Six latencies, one reason."""
    text = render_run(invalid_latency())
    assert text.count("INVALID [1]") == 6
    assert text.count("[1]  the generator was late") == 1


def test_no_line_of_ours_is_wider_than_a_hundred_columns() -> None:
    """Whatever names are in it."""
    wide = "github.com/" + "very-long-path/" * 12 + "package.(*Type).Method"
    owners = OwnerTable(unit="req", rows=(owner(wide),), rest_bytes_share=0.0, dies_young=None)
    found = (finding(where=wide, why=wide),)
    text = render_run(explained(owners=owners, findings=found, load_result=None))
    assert max(map(len, text.splitlines())) <= WIDTH


@given(st.text(max_size=60))
def test_no_name_can_drive_a_terminal_or_forge_a_line(name: str) -> None:
    """Every character that reaches the terminal is printable, but for our own line ends."""
    text = render_run(report(name=name, service=name, problems=(), metrics={"bytes/work": 1.0}))
    assert all(line.isprintable() for line in text.split("\n"))


ROW = partial(
    ComparisonRow, metric="bytes/work", name="B/req", unit="B", verdict=Verdict.BETTER, why=""
)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (1_088_229, 4_600, "237\u00d7 less"),
        (4_600, 1_088_229, "237\u00d7 more"),
        (100, 10, "10.0\u00d7 less"),
        (79.4, 51.3, "-35.4 %"),
        (100, 150, "+50.0 %"),
        (5, 0, "-100.0 %"),
        (0, 5, "from 0"),
        (0, 0, "0 %"),
        (None, 5, "–"),
        (5, None, "–"),
    ],
)
def test_a_change_reads_as_per_cent_or_from_ten_on_as_a_factor(
    before: float | None, after: float | None, text: str
) -> None:
    """99.6 % and 99.9 % look alike; 237 and 1000 times do not."""
    both = before and after is not None
    delta = (after - before) / before if both else None  # type: ignore[operator] # both are numbers
    assert format_change(ROW(before=before, after=after, delta=delta)) == text


def test_every_metric_of_a_report_is_named() -> None:
    """Not one figure is dropped on the way to the reader."""
    text = render_run(report(metrics=dict.fromkeys(CATALOGUE, 1.0)))
    assert all(f"  {metric.name('req')} " in text for metric in CATALOGUE.values())


def test_generations_have_a_line_each() -> None:
    """What CPython's collector did by generation, with what it could not free."""
    pauses = tuple(
        Pause(
            number=number, end_ns=number, pause_ns=2_000_000, generation=generation,
            collected=1_500, uncollectable=generation, forced=0,
        )
        for number, generation in ((1, 0), (2, 0), (3, 2))
    )  # fmt: skip
    ends = window(fence(0, num_gc=0), fence(10, num_gc=3))
    text = render_run(analyse(recording(ends, pauses=pauses)))
    young, old = (line.split(None, 2)[2] for line in text.splitlines() if " gen " in line)
    assert young == "2 cycles, 3,000 objects unreachable; pauses together 4.00 ms, max 2.00 ms"
    assert old.startswith("1 cycles, 1,502 objects unreachable, 2 of them uncollectable; ")
