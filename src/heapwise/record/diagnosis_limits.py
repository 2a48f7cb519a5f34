"""What a diagnosis could say in addition, and what it would take: one sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.diagnose.case import Case
from heapwise.diagnose.source.tree import SUFFIXES
from heapwise.model.diagnosis import SourceCheck
from heapwise.names import visible
from heapwise.units import format_share, how_many

NO_EVIDENCE = (
    "Nothing here has evidence: what it costs, and whether it runs at all, only a recording tells."
)

FROM_PROFILE = (
    "A profile alone counts since the service started, and no requests: heapwise run has costs per"
    " request, with what collecting takes of the CPU time."
)

FEW_EVENTS = 20
"""Sampled allocations below which nobody can say who makes the bytes."""

FITS = 0.98
"""Below this share of bytes the source is of another commit, or half of it is missing."""


def limits(case: Case, check: SourceCheck | None, *, escape: bool, cold: bool) -> Iterator[str]:
    """Every input that is missing, with what it would add.

    Args:
        case: as diagnosed.
        check: how well its source fits; None without source.
        escape: a compiler told why things are on the heap.
        cold: lines that the run did not pass through were looked at as well.
    """
    sampled = round(case.spent.total.hits)
    if sampled < FEW_EVENTS:
        yield (
            f"Who makes the bytes is hardly known, from {how_many(sampled, 'sampled allocation')}:"
            " send more load, or for longer."
        )
    if check is None:
        yield (
            "Without the source only patterns that show in call paths are found; give its"
            " directory as the second argument for the lines, and why they allocate."
        )
    else:
        yield from _misfits(case, check)
        if case.runtime == "go" and check.files and not escape:
            yield "Why the compiler put things on the heap is not told: --escape builds it to ask."
    if case.cpu is None or not case.cpu.total:
        yield "How much CPU a finding can free is not known: record with --cpu."
    if case.per_work is not None and case.gc_share is None:
        yield (
            "What collecting takes of the CPU time is not known: record with --cpu, or let"
            " heapwise start the service with --exec where it has processors to itself."
        )
    if not case.modules and _is_vendored(case):
        yield (
            "Vendored modules carry no version: those of known defects are read from go.mod, and"
            " from the service's executable with --binary."
        )
    if cold:
        yield "Findings without costs are on lines that this load did not reach."


def _misfits(case: Case, check: SourceCheck) -> Iterator[str]:
    directory = visible(check.directory)
    if not check.files:
        suffix = SUFFIXES.get(case.runtime)
        yield (
            f"{directory} has no {suffix} files, and the recording is of a service that has: give"
            " the directory that it is built in."
            if suffix
            else f"{directory} was not looked at: the recording does not tell its runtime."
        )
    elif check.fits is not None and check.fits < FITS:
        yield (
            f"The source does not fit the recording: {format_share(1 - check.fits)} of the bytes of"
            " the service's own code are made on lines that are not there. Check out the commit it"
            " was built from."
        )


def _is_vendored(case: Case) -> bool:
    return any(
        case.frames.vendored_of(frame.file) for site in case.spent.sites for frame in site.path
    )
