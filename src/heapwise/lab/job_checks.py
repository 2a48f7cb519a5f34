"""What must hold for every variant of a job: it ended as it must, and did what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from heapwise.lab.components.limit import Limited
from heapwise.lab.job_output import JobOutput
from heapwise.lab.spec import Exit
from heapwise.model.lab import LabCheck
from heapwise.model.report import RunReport
from heapwise.units import format_count, format_share, format_size


class Ending(NamedTuple):
    """How a job ended.

    Attributes:
        exit: the kind.
        told: in words.
    """

    exit: Exit
    told: str


def how_it_ended(exit_code: int, limit: Limited | None) -> Ending:
    """What the exit code means, within the limit that there was; while that still stands."""
    told = f"exit code {exit_code}"
    if limit is not None:
        peak = f", peak {format_size(limit.peak)}" if limit.peak is not None else ""
        told += f" within {format_size(limit.size)} ({limit.way}{peak})"
    if exit_code == 0:
        return Ending(Exit.OK, told)
    if limit is not None and limit.exceeded(exit_code):
        kills = limit.kills
        return Ending(Exit.KILLED, told if kills is None else f"{told}, oom_kill +{kills}")
    return Ending(Exit.FAILED, told)


def check_ending(expected: Exit, ending: Ending) -> LabCheck:
    """It ended as it must."""
    return LabCheck(f"ends {expected}", ending.exit is expected, ending.told)


def check_work(report: RunReport, output: JobOutput | None, silence: str) -> Iterator[LabCheck]:
    """What it says at its end is what it had counted as it went."""
    name = "the job counted the same work"
    costs = report.per_work
    if output is None or costs is None:
        yield LabCheck(name, False, silence or "no work was counted")
        return
    ours, theirs = costs.work.count, output.work
    detail = f"{format_count(ours)} here, {format_count(theirs)} there"
    yield LabCheck(name, ours == theirs, detail)


def check_headroom(wanted: float, report: RunReport, limit: int) -> Iterator[LabCheck]:
    """It left that much of its memory free; what the group cached of files is not counted.

    Args:
        wanted: share of the limit; 0 for whatever there is.
        report: has the peak of what the program itself had in memory.
        limit: bytes.
    """
    if not wanted:
        return
    peak = next((each.value for each in report.metrics if each.metric == "rss.peak"), None)
    name = f"leaves {format_share(wanted)} of its memory free"
    if peak is None:
        yield LabCheck(name, False, "its memory was not measured")
        return
    free = 1 - peak / limit
    detail = f"{format_size(peak)} of {format_size(limit)}, {format_share(free)} free"
    yield LabCheck(name, free >= wanted, detail)
