"""What `diagnose` says of the heap profiles of an alert."""

from __future__ import annotations

from pathlib import Path

from heapwise.analysis.compare_profiles import runtime_of
from heapwise.analysis.diff import subtract
from heapwise.diagnose.case import Case
from heapwise.diagnose.engine import everything_found
from heapwise.diagnose.source.tree import SourceTree
from heapwise.errors import HeapwiseError
from heapwise.formats.pprof_limits import Limits
from heapwise.model.finding import Finding
from heapwise.model.watch import PathGrowth
from heapwise.names import visible
from heapwise.record.sources import Reading, load_profile

_MOST = 5

Said = tuple[tuple[Finding, ...], str]
"""Findings, and why there are none."""


def findings_of(
    first: Path, last: Path, cpu: Path | None, source: Path | None, limits: Limits
) -> Said:
    """What is wrong by what was allocated between two profiles, or until the only one.

    Args:
        first: the earlier one of the same process; the same where there is only one.
        last: the later one.
        cpu: a CPU profile of the process; None without.
        source: directory of the service's source; None without.
        limits: of profiles.

    Returns:
        The most worthwhile first, a few; and why there are none, where they could not be had.
    """
    reading = Reading(limits=limits)
    try:
        profile = window = load_profile(str(last), reading)[1]
        if first != last:
            window = subtract(load_profile(str(first), reading)[1], profile)
        runtime = runtime_of(profile)
        case = Case.of(
            window,
            profile,
            None,
            runtime=runtime,
            source=SourceTree(source, runtime) if source is not None else None,
            cpu=load_profile(str(cpu), reading)[1] if cpu is not None else None,
        )
        found = everything_found(case)
    except HeapwiseError as error:
        return (), visible(f"not diagnosed: {error}")
    except Exception as error:  # noqa: BLE001 - what a profile makes us stumble over costs only itself
        return (), visible(f"not diagnosed, {type(error).__name__}: {error}")
    return tuple(each.finding for each in found[:_MOST]), ""


def growing_first(
    findings: tuple[Finding, ...], grows: tuple[PathGrowth, ...]
) -> tuple[Finding, ...]:
    """Those on a path that grows before the others: what is made much need not be what stays."""
    owners = {each.path.rpartition(" > ")[2] for each in grows}

    def elsewhere(finding: Finding) -> bool:
        rows = finding.evidence.rows if finding.evidence is not None else ()
        named = {name for row in rows for name in row.split(" > ")}
        return owners.isdisjoint({finding.where.partition(" ")[0], *named})

    return tuple(sorted(findings, key=elsewhere))
