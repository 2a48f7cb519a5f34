"""A service's own counts, held against ours."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.lab.counter import Counted
from heapwise.model.lab import LabCheck
from heapwise.model.report import RunReport
from heapwise.model.work import PerWork
from heapwise.units import format_count

COUNTER_TOLERANCE = 0.01
"""Largest relative difference between our totals and the service's own."""

EDGE_CYCLES = 4
"""Collections that may come between a fence and the service's own reading of its counts."""

OWNER_TOLERANCE = 0.1
"""The same for one function, on top of what the sampling leaves open."""

SAVED_TOLERANCE = 0.05
"""Largest difference between what a variant saves and what its service says, as a share of all
that `before` allocates: some of what is saved elsewhere is nobody's count."""


def check_counts(report: RunReport, counted: Counted) -> Iterator[LabCheck]:
    """The service's own counts agree with ours, as far as it has any."""
    costs = report.per_work
    stretch = counted.stretch
    name = "service counted the same requests"
    if costs is None or stretch is None:
        yield LabCheck(name, False, "one of the two counts is missing")
        return
    ours, theirs = costs.work.count, stretch.requests
    detail = f"{format_count(ours)} here, {format_count(theirs)} there"
    yield LabCheck(name, _agree(ours, theirs), detail)
    yield _collections(report, stretch.num_gc)
    if stretch.alloc_bytes is not None:
        yield _all_bytes(costs, stretch.alloc_bytes / stretch.requests)
    elif stretch.owner and stretch.owner_bytes is not None:
        yield _owner_bytes(report, stretch.owner, stretch.owner_bytes / stretch.requests)


def _collections(report: RunReport, theirs: int) -> LabCheck:
    """Compare collections; those at the edges of the load may fall on either side."""
    name = "service counted the same collections"
    values = {value.metric: value.value for value in report.metrics}
    ours = values.get("gc.cycles")
    if ours is None:
        return LabCheck(name, False, "they were not counted here")
    detail = f"{format_count(ours)} here, {format_count(theirs)} there"
    return LabCheck(name, abs(ours - theirs) <= EDGE_CYCLES + COUNTER_TOLERANCE * theirs, detail)


def _all_bytes(costs: PerWork, theirs: float) -> LabCheck:
    """Compare the allocations of the same stretch of load.

    The service's own total holds what reading its counters cost; ours lists that apart.
    """
    name = "service counted the same bytes"
    if costs.bytes is None:
        return LabCheck(name, False, "one of the two totals is missing")
    ours = costs.bytes + costs.measuring_bytes
    detail = (
        f"{ours:,.0f} B/{costs.work.unit} here ({costs.measuring_bytes:,.0f} of it measuring), "
        f"{theirs:,.0f} there ({ours / theirs - 1:+.2%})"
    )
    return LabCheck(name, _agree(ours, theirs), detail)


def _owner_bytes(report: RunReport, owner: str, theirs: float) -> LabCheck:
    """Compare what one function allocates. Our figure is a sampled share of the exact total."""
    name = f"service counted the same bytes for {owner}"
    rows = report.owners.rows if report.owners is not None else ()
    ours = next((row.bytes_per_work for row in rows if row.owner == owner), None)
    if ours is None:
        return LabCheck(name, False, "it is no owner here")
    chance = max(ours.high - ours.value, ours.value - ours.low)
    detail = f"{ours.value:,.0f} ± {chance:,.0f} B here, {theirs:,.0f} there"
    return LabCheck(name, abs(ours.value - theirs) <= OWNER_TOLERANCE * theirs + chance, detail)


def check_saved(
    before: RunReport, counted_before: Counted, variant: RunReport, counted: Counted
) -> Iterator[LabCheck]:
    """What a variant allocates less is what its service counts less, where it counts its owner.

    Both totals are exact; nothing is sampled here.
    """
    was, now = counted_before.stretch, counted.stretch
    if was is None or now is None or was.owner_bytes is None or now.owner_bytes is None:
        return
    name = "saved what the service counted less"
    first, second = before.per_work, variant.per_work
    if first is None or second is None or first.bytes is None or second.bytes is None:
        yield LabCheck(name, False, "one of the two totals is missing")
        return
    ours = first.bytes - second.bytes
    theirs = was.owner_bytes / was.requests - now.owner_bytes / now.requests
    detail = f"{ours:,.0f} B/{first.work.unit} here, {theirs:,.0f} there"
    yield LabCheck(name, abs(ours - theirs) <= SAVED_TOLERANCE * first.bytes, detail)


def _agree(ours: float, theirs: float) -> bool:
    return abs(ours - theirs) <= COUNTER_TOLERANCE * theirs
