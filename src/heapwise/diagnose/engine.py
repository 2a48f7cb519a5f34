"""Runs every rule over a recording and puts what they find in order."""

from __future__ import annotations

from collections.abc import Mapping

from heapwise.diagnose.case import Case
from heapwise.diagnose.found import Flow, Found, by_paths, joined
from heapwise.diagnose.registry import RULES, PathRule
from heapwise.diagnose.source.examine import in_run
from heapwise.diagnose.source.heat import HotLines
from heapwise.diagnose.source.tree import SourceTree
from heapwise.model.finding import Finding
from heapwise.model.load import Hits, Outcome
from heapwise.model.profile import Profile
from heapwise.model.recording import Recording
from heapwise.model.work import PerWork


def diagnose(
    recording: Recording,
    window: Profile,
    live: Profile | None,
    per_work: PerWork | None,
    *,
    gc_share: float | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with a service, as far as its recording alone tells, the worst first.

    Args:
        recording: the run, for what is known of the service.
        window: the later heap profile of the window to judge minus the earlier one.
        live: the later one, for what is still reachable; None if there is none.
        per_work: the exact costs of that window; None where the counters could not be read.
        gc_share: of the CPU time of that window, that the collector took; None if unknown.

    Raises:
        ProfileError: ``window`` is not a heap profile.
    """
    return examine(case_of(recording, window, live, per_work, gc_share=gc_share))


def case_of(
    recording: Recording,
    window: Profile,
    live: Profile | None,
    per_work: PerWork | None,
    *,
    source: SourceTree | None = None,
    cpu: Profile | None = None,
    gc_share: float | None = None,
    modules: Mapping[str, str] | None = None,
) -> Case:
    """A recording as rules see it; the arguments are those of `diagnose` and of `Case.of`."""
    service = recording.manifest.service
    return Case.of(
        window,
        live,
        per_work,
        runtime=service.runtime,
        version=service.version,
        body_bytes=_mean_body(recording.hits),
        source=source,
        cpu=cpu,
        gc_share=gc_share,
        modules=modules,
        settings=service.settings,
        cgroup_limit=service.cgroup_limit,
    )


def examine(case: Case) -> tuple[Finding, ...]:
    """The findings of every rule, the most worthwhile first."""
    return tuple(each.finding for each in everything_found(case))


def everything_found(
    case: Case, *, cold: bool = False, flow: Flow | None = None
) -> tuple[Found, ...]:
    """What every rule finds, the most worthwhile first, with what it rests on.

    Args:
        case: with its source, where there is one.
        cold: what source rules find on lines that the run did not pass through as well.
        flow: why call paths allocate, from the compiler; None without.
    """
    found = [
        by_paths(rule, finding, case)
        for rule in RULES
        if isinstance(rule, PathRule)
        for finding in rule.find(case)
    ]
    hot = None
    if case.source is not None:
        hot = HotLines(case.source, case.spent.sites, case.frames)
        found += in_run(case, hot, everything=cold)
    return joined(found, case, hot, flow)


def _mean_body(hits: Hits) -> float | None:
    """Body bytes of a complete response on the wire; None where nobody drove the load."""
    sizes = hits.bytes_in[hits.outcome == Outcome.OK]
    return float(sizes.mean()) if len(sizes) else None
