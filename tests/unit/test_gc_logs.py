"""Real output of four versions of Go; tests/data/gctrace/README.md tells how it was made."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from heapwise.analysis.gc_overview import overview_of_log, overview_of_scrapes
from heapwise.analysis.gc_timeline import timeline_from_log
from heapwise.formats.gctrace import parse_log
from heapwise.formats.prometheus_text import parse_prometheus
from heapwise.model.gc_overview import Direction, GcOverview
from support.runs import MIB, S

DATA = Path(__file__).parent.parent / "data" / "gctrace"
LOGS = sorted(DATA.glob("*.log"))
CHURN = 200 * MIB
"""Bytes a second that the program allocated in all of them but three."""


def seen(name: str, skip_ns: int | None = None) -> GcOverview:
    """What is seen in one of the logs."""
    return overview_of_log(parse_log((DATA / f"{name}.log").read_bytes()), name, skip_ns)[0]


def scraped(*names: str) -> GcOverview:
    """What is seen in pages of metrics, the later first."""
    texts = [(DATA / f"{name}.txt").read_text() for name in names]
    pages = [parse_prometheus(text.splitlines()) for text in texts]
    return overview_of_scrapes("metrics", *pages)


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_cycle_that_a_runtime_printed_is_read(path: Path) -> None:
    """As many as lines begin with one, none torn, none missing, whatever is in between."""
    text = path.read_text()
    log = parse_log(text)
    lines = text.splitlines()
    assert len(log.cycles) == sum(line.startswith("gc ") for line in lines) > 5
    assert (log.missing, log.skipped) == (0, 0)
    assert len(log.cycles) + log.debug + log.other == len(lines)
    timeline = timeline_from_log(log)
    assert timeline is not None
    assert (timeline.coverage, timeline.happened) == (1.0, len(log.cycles))


@pytest.mark.parametrize(
    "name", ["go1.19-steady", "go1.21-mixed", "go1.26-steady", "go1.27-steady"]
)
def test_a_steady_program_is_seen_as_it_is(name: str) -> None:
    """32 MiB alive at GOGC=100, 200 MiB/s of churn, and a log of its own in between."""
    found = seen(name)
    assert found.heap.live == pytest.approx(34 * MIB, abs=2 * MIB)
    assert found.heap.allocation_rate == pytest.approx(CHURN, rel=0.02)
    assert found.heap.trend is not None
    assert found.heap.trend.direction is Direction.LEVEL
    assert found.pacing.gogc == pytest.approx(100, abs=3)
    assert not found.pacing.gogc_told
    assert found.pacing.binds is None
    assert found.skipped is not None
    assert found.skipped.cycles == 3
    assert found.cycles_per_second == pytest.approx(7.3, abs=0.8)
    assert found.warnings == ()
    assert found.lines is not None
    assert found.lines.other > 50


@pytest.mark.parametrize(
    "name", ["go1.19-steady", "go1.26-steady", "go1.19-spiral", "go1.26-spiral"]
)
def test_the_computed_share_of_the_cpu_is_the_runtimes_own(name: str) -> None:
    """Which is told in whole per cent, and since the start."""
    cpu = seen(name, skip_ns=0).cpu
    assert cpu.share is not None
    assert cpu.told is not None
    assert cpu.share == pytest.approx(cpu.told, abs=0.015)


@pytest.mark.parametrize("version", ["go1.19", "go1.26"])
def test_forced_cycles_are_counted_and_warned_of(version: str) -> None:
    """The program called runtime.GC five times a second."""
    found = seen(f"{version}-forced")
    assert found.forced is not None
    assert found.forced / found.cycles > 0.9
    assert any("are forced" in warning for warning in found.warnings)
    assert found.heap.allocation_rate == pytest.approx(40 * MIB, rel=0.05)


@pytest.mark.parametrize("version", ["go1.19", "go1.26"])
def test_a_limit_that_starts_the_cycles_is_inferred_from_the_first_goal(version: str) -> None:
    """GOGC=off and GOMEMLIMIT=128MiB: the first cycle came at four times the smallest heap."""
    found = seen(f"{version}-limit")
    assert found.pacing.binds is True
    assert "the first cycle came at 11" in found.pacing.why
    assert found.pacing.gogc is None
    assert not any("death spiral" in warning for warning in found.warnings)
    assert found.heap.allocation_rate == pytest.approx(CHURN, rel=0.02)


@pytest.mark.parametrize("version", ["go1.19", "go1.26"])
def test_a_death_spiral_is_called_one(version: str) -> None:
    """48 MiB alive below GOMEMLIMIT=60MiB: cycles back to back, and CPU for nothing else."""
    found = seen(f"{version}-spiral")
    assert found.warnings[0].startswith("death spiral: ")
    assert found.pacing.binds is True
    assert found.pacing.room is not None
    assert found.pacing.room < 0.15
    assert found.cpu.marking is not None
    assert found.cpu.marking > 0.8


def test_a_leak_is_a_rising_floor_and_not_yet_a_leak() -> None:
    """2 MiB a second stay: the interval holds the slope, and the warning says to watch longer."""
    found = seen("go1.26-leak")
    trend = found.heap.trend
    assert trend is not None
    assert trend.direction is Direction.RISING
    slope = trend.bytes_per_second
    assert slope.low <= 2 * MIB <= slope.high
    assert "watch it for hours" in found.warnings[0]


def test_lines_of_other_settings_are_skipped_and_counted() -> None:
    """gcpacertrace, scavtrace, schedtrace and inittrace write to the same place."""
    found = seen("go1.26-pacer")
    assert found.lines is not None
    assert found.lines.debug == 82
    assert found.lines.other == 0


def test_a_limit_that_was_told_binds_where_the_goal_is_lower_than_gogc_puts_it() -> None:
    """GOGC=100 and GOMEMLIMIT=60MiB with 32 MiB alive, as client_golang tells."""
    pacing = scraped("metrics-limit").pacing
    assert (pacing.gogc, pacing.gogc_told, pacing.memory_limit) == (100, True, 60 * MIB)
    assert pacing.binds is True
    assert scraped("metrics-default").pacing.binds is False


def test_between_two_pages_the_rates_are_those_of_the_program() -> None:
    """About 180 MB/s over three seconds; both stops of every cycle are in the histogram."""
    found = scraped("metrics-runtime-2", "metrics-runtime-1")
    assert found.span_ns == pytest.approx(3.1 * S, rel=0.1)
    assert found.heap.allocation_rate == pytest.approx(185e6, rel=0.1)
    assert found.pause is not None
    assert found.pause.count == 2 * found.cycles
    assert found.cpu.with_idle is not None
    assert found.cpu.share is not None
    assert found.cpu.assist is not None
    assert 0 < found.cpu.assist < found.cpu.share < found.cpu.with_idle < 0.3
    assert any("buckets are wide" in note for note in found.notes)


def test_a_restart_between_two_pages_is_noticed() -> None:
    """Counters that go back: the figures are those since the new start."""
    back = scraped("metrics-runtime-1", "metrics-runtime-2")
    alone = scraped("metrics-runtime-1")
    assert "restarted between the pages" in back.notes[0]
    assert msgspec.structs.replace(back, notes=alone.notes) == alone
