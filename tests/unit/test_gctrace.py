"""Go's gctrace lines, from every version and from logs that hold more than them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.formats.gctrace import (
    GcLog,
    longest_process,
    parse_line,
    parse_log,
    processes,
)
from heapwise.model.gc import GcCycle

GO_1_6 = (
    "gc 71 @12.345s 2%: 0.16+2.1+0.23 ms clock, 0.65+1.4/2.0/3.1+0.94 ms cpu, "
    "10->11->6 MB, 12 MB goal, 4 P"
)
GO_1_19 = (
    "gc 3 @0.021s 12%: 0.069+10+0.001 ms clock, 0.13+0.074/0.034/0+0.003 ms cpu, "
    "18->19->18 MB, 18 MB goal, 2 MB stacks, 1 MB globals, 16 P (forced)"
)
REAL = {
    "go1.26.8": "gc 4 @3.054s 0%: 0.055+0.26+0.005 ms clock, 0.11+0/0.14/0.22+0.010 ms cpu, "
    "25->25->20 MB, 36 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)",
    "go1.27.3": "gc 3 @0.003s 10%: 0.093+0.13+0.002 ms clock, 0.18+0.060/0.13/0+0.005 ms cpu, "
    "18->18->18 MB, 18 MB goal, 0 MB stacks, 0 MB globals, 2 P",
    "go1.27.3, goroutineleak": "gc 5 @3.069s 0% (checking for goroutine leaks): "
    "0.025+0.32+0.002 ms clock, 0.051+0/0.20/0.37+0.004 ms cpu, 21->21->20 MB, 40 MB goal, "
    "0 MB stacks, 0 MB globals, 2 P (forced)",
    "go1.27.3, busy": "gc 6332 @21.550s 8%: 0.14+0.46+0.002 ms clock, "
    "0.28+0/0.15/0.15+0.005 ms cpu, 7->7->1 MB, 9 MB goal, 0 MB stacks, 0 MB globals, 2 P",
}
NOT_CYCLES = [
    "",
    "2026/01/02 15:04:05 GET /work 200",
    "gc",
    "gc is running",
]
DEBUG = [
    "scvg0: inuse: 4, idle: 1, sys: 5, released: 0, consumed: 5 (MB)",
    "scvg: 8 MB released",
    "scav 0 KiB work (bg), 0 KiB work (eager), 2504 KiB now, 98% util",
    "pacer: assist ratio=+1.250000e+000 (scan 0 MB in 4->4 MB)",
    "SCHED 500ms: gomaxprocs=2 idleprocs=1 threads=6 spinningthreads=0 idlethreads=3",
    "init internal/bytealg @0 ms, 0 ms clock, 0 bytes, 0 allocs",
]
SKIPPED = [
    "gc1(1): 0+0+36+0 us, 0 -> 0 MB, 21 (21-0) objects, 2 goroutines, 15/0/0 sweeps, 0(0) handoff",
    "gc 1 @0.007s 5%: 0+0+0+0+0 ms clock, 0+0+0+0/0/0+0 ms cpu, 4->4->3 MB, 4 MB goal, 4 P",
    "gc 5 @1.2s 3%: 0.1+hello from the application",
]


def test_every_field_of_an_old_line_is_read() -> None:
    """Go 1.6 to 1.17 print neither stacks nor globals; both are -1 then."""
    assert parse_line(GO_1_6) == GcCycle(
        number=71,
        at_ns=12_345_000_000,
        cpu_percent=2,
        sweep_termination_ns=160_000,
        mark_ns=2_100_000,
        mark_termination_ns=230_000,
        sweep_termination_cpu_ns=650_000,
        assist_cpu_ns=1_400_000,
        background_cpu_ns=2_000_000,
        idle_cpu_ns=3_100_000,
        mark_termination_cpu_ns=940_000,
        heap_start=10 << 20,
        heap_end=11 << 20,
        heap_live=6 << 20,
        goal=12 << 20,
        processors=4,
    )


def test_newer_lines_tell_stacks_globals_and_force() -> None:
    """Go 1.18 added stacks and globals; `(forced)` ends a line that somebody asked for."""
    cycle = parse_line(GO_1_19)
    assert cycle is not None
    assert (cycle.stacks, cycle.globals, cycle.forced) == (2 << 20, 1 << 20, True)
    assert (cycle.mark_ns, cycle.pause_ns, cycle.processors) == (10_000_000, 70_000, 16)


@pytest.mark.parametrize("name", REAL)
def test_a_line_that_a_real_runtime_wrote_is_read(name: str) -> None:
    """Captured lines give their number, their time and whether they were forced."""
    line = REAL[name]
    cycle = parse_line(line)
    assert cycle is not None
    number, at = re.findall(r"gc (\d+) @([\d.]+)s", line)[0]
    assert (cycle.number, cycle.at_ns) == (int(number), round(float(at) * 1000) * 1_000_000)
    assert cycle.forced == line.endswith("(forced)")


@pytest.mark.parametrize("line", NOT_CYCLES + DEBUG + SKIPPED)
def test_anything_else_is_no_cycle(line: str) -> None:
    """The application's lines, other GODEBUG output and shapes before Go 1.6 are None."""
    assert parse_line(line) is None


def test_a_mixed_log_is_counted_not_refused() -> None:
    """Lines of the application and of other GODEBUG settings, torn and too old cycles apart."""
    lines = [GO_1_6, *NOT_CYCLES, *DEBUG, *SKIPPED, *REAL.values(), "\x1b[31m\x00\ufffd"]
    log = parse_log("\n".join(lines) + "\n")
    assert [cycle.number for cycle in log.cycles] == [71, 4, 3, 5, 6332]
    assert (log.skipped, log.debug) == (len(SKIPPED), len(DEBUG))
    assert log.other == len(NOT_CYCLES)  # one blank, one control
    assert parse_log(lines) == parse_log("\r\n".join(lines).encode()) == log


def test_a_cycle_behind_or_before_glued_text_is_found() -> None:
    """An application that ends a line late, or begins one early, hides no cycle."""
    log = parse_log(f"progress 7%...{GO_1_19}next line\n")
    assert [cycle.number for cycle in log.cycles] == [3]


def test_cycles_torn_beyond_recognition_are_missed_by_number() -> None:
    """A line in pieces leaves no beginning to count, so gaps in the numbers tell the loss."""
    torn = ["gc noise", "2noise", " @noise", "0.191noise", "s 0%: 0.1+0.2+0 ms clock, noise"]
    first, fourth = GO_1_6.replace("gc 71", "gc 1"), GO_1_6.replace("gc 71", "gc 4")
    log = parse_log([first, *torn, fourth])
    assert [cycle.number for cycle in log.cycles] == [1, 4]
    assert (log.missing, log.skipped, log.other) == (2, 0, len(torn))


def test_processes_are_told_apart_where_numbers_begin_anew() -> None:
    """A service that was restarted wrote on into the same log; a line written twice counts once."""
    numbers = (1, 2, 2, 3, 1, 5)
    log = parse_log(GO_1_6.replace("gc 71", f"gc {number}") for number in numbers)
    runs = [[cycle.number for cycle in run] for run in processes(log.cycles)]
    assert runs == [[1, 2, 3], [1, 5]]
    assert log.missing == 3
    assert [cycle.number for cycle in longest_process(log.cycles)] == [1, 2, 3]
    assert longest_process(()) == ()


def test_a_line_without_end_costs_no_time() -> None:
    """A log of one line of 64 MB that nearly is a cycle again and again is read at once."""
    assert parse_log("gc 1 @0.1s 1%: " * (4 << 20)) == GcLog(
        cycles=(), missing=0, skipped=1, other=0
    )


MS = st.integers(0, 10**12).map(
    lambda ns: (f"{ns // 10**6}" if ns >= 10**7 else f"{ns / 10**6:.3f}", ns)
)


@given(st.lists(MS, min_size=8, max_size=8), st.integers(1, 2**31), st.booleans())
def test_times_are_exact_to_the_printed_digit(
    times: list[tuple[str, int]], number: int, forced: bool
) -> None:
    """Whatever digits the runtime prints, the nanoseconds are those digits."""
    text, exact = [value for value, _ in times], [ns for _, ns in times]
    cycle = parse_line(
        f"gc {number} @1.000s 1%: {text[0]}+{text[1]}+{text[2]} ms clock, "
        f"{text[3]}+{text[4]}/{text[5]}/{text[6]}+{text[7]} ms cpu, "
        f"4->5->1 MB, 5 MB goal, 2 P{' (forced)' if forced else ''}"
    )
    assert cycle is not None
    assert (cycle.number, cycle.forced) == (number, forced)
    read = (
        *(cycle.sweep_termination_ns, cycle.mark_ns, cycle.mark_termination_ns),
        *(cycle.sweep_termination_cpu_ns, cycle.assist_cpu_ns, cycle.background_cpu_ns),
        *(cycle.idle_cpu_ns, cycle.mark_termination_cpu_ns),
    )
    for found, ns in zip(read, exact, strict=True):
        assert abs(found - ns) < (1_000_000 if ns >= 10**7 else 1_000)


@given(st.lists(st.text(max_size=60), max_size=20), st.binary(max_size=200))
def test_no_log_is_an_error(lines: list[str], raw: bytes) -> None:
    """Any text and any bytes are read, and every line that is not blank is counted once."""
    log = parse_log(lines)
    blank = sum(not line or line.isspace() for line in lines)
    assert len(log.cycles) + log.skipped + log.debug + log.other == len(lines) - blank
    parse_log(raw)


def test_a_collection_without_a_goal_is_read() -> None:
    """With GOGC=off the goal is as much as 63 bits count, thirteen digits of MB."""
    line = (
        "gc 1 @0.521s 0%: 0.049+0.24+0.007 ms clock, 0.098+0/0.16/0.25+0.015 ms cpu, 0->0->0 MB, "
        "8532210231538 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)"
    )
    cycle = parse_line(line)
    assert cycle is not None
    assert cycle.forced
    assert 2**62 < cycle.goal < 2**63
