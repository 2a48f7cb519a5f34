"""What rules found, put together: one cause is one finding, and no byte is saved twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from heapwise.analysis.allocation import CallSite, Path
from heapwise.analysis.frames import Frame
from heapwise.diagnose.case import Case
from heapwise.diagnose.source.match import Match, Span
from heapwise.model.finding import Finding

if TYPE_CHECKING:
    from heapwise.diagnose.registry import Rule

Flow = Callable[[Span, Sequence[CallSite]], Sequence[str]]
"""Why lines allocate on the call paths through them, a sentence each, as the compiler tells it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding and what it rests on.

    Attributes:
        rule: that found it.
        finding: for people.
        match: in the source; None where it is known by its call paths alone.
        sites: the call paths that it costs, where the source told; empty otherwise.
    """

    rule: Rule
    finding: Finding
    match: Match | None = None
    sites: tuple[CallSite, ...] = ()

    @property
    def worth(self) -> tuple[float, float]:
        """What findings are ranked by: the expected gain, then the share of the bytes."""
        gain, evidence = self.finding.gain_bytes_per_work, self.finding.evidence
        return gain or 0.0, evidence.bytes_share.value if evidence is not None else 0.0

    def overlaps(self, other: Found) -> bool:
        """Whether both claim some of the same bytes."""
        if self.sites and other.sites:
            theirs = {site.path for site in other.sites}
            return any(site.path in theirs for site in self.sites)
        mine, its = self.finding.evidence, other.finding.evidence
        return mine is not None and its is not None and not set(mine.rows).isdisjoint(its.rows)


def joined(found: Iterable[Found], case: Case, flow: Flow | None = None) -> tuple[Found, ...]:
    """One entry a cause, the most worthwhile first, each told what it shares with those before.

    Args:
        found: by all rules.
        case: they found it in.
        flow: why call paths allocate; None where no compiler told.
    """
    ranked = sorted(_merged(list(found)), key=lambda each: each.worth, reverse=True)
    told: list[Found] = []
    for each in ranked:
        before = [other.finding.code for other in told if each.overlaps(other)]
        told.append(_completed(each, case, flow, tuple(dict.fromkeys(before))))
    return tuple(told)


def _merged(found: list[Found]) -> Iterable[Found]:
    """A rule that knows a pattern by its paths and by its source has found it once, not twice."""
    by_path = [each for each in found if each.match is None]
    by_source = [each for each in found if each.match is not None]
    for each in by_path:
        same = next(
            (other for other in by_source if other.rule is each.rule and each.overlaps(other)),
            None,
        )
        if same is None:
            yield each
            continue
        by_source.remove(same)
        finding = msgspec.structs.replace(
            each.finding,
            place=same.finding.place,
            sketch=same.finding.sketch,
            fixable=same.finding.fixable,
        )
        yield replace(each, finding=finding, match=same.match, sites=same.sites)
    yield from by_source


def _completed(each: Found, case: Case, flow: Flow | None, before: tuple[str, ...]) -> Found:
    told: Sequence[str] = ()
    if flow is not None and each.match is not None:
        told = flow(each.match.span, each.sites)
    finding = msgspec.structs.replace(
        each.finding,
        shares_gain_with=before,
        flow=tuple(told),
        cpu_bound=_cpu_bound(each, case),
    )
    return replace(each, finding=finding)


def _cpu_bound(each: Found, case: Case) -> float | None:
    """The largest share of the CPU time that can go: the paths' own, and their part of collecting.

    Without a CPU profile only the collector's part would be known, which bounds nothing.
    """
    evidence = each.finding.evidence
    if evidence is None or case.cpu is None or not case.cpu.total:
        return None
    passes = _through(frozenset(site.path for site in each.sites), each)
    own = case.cpu.share(passes) or 0.0
    collecting = (case.gc_share or 0.0) * evidence.bytes_share.value
    return min(1.0, own + collecting)


def _through(paths: frozenset[Path], each: Found) -> Callable[[Sequence[Frame]], bool]:
    """Whether a stack of the CPU profile passes through the lines, or the function, found."""
    if each.match is not None and paths:
        spans = (each.match.span, *each.match.more)
        frames = {
            frame
            for path in paths
            for frame in path
            if any(
                span.line <= frame.line <= span.end_line and frame.file.endswith(_base(span.file))
                for span in spans
            )
        }
        return lambda stack: any(frame in frames for frame in stack)
    owner = each.finding.where.partition(" ")[0]
    return lambda stack: any(frame.function == owner for frame in stack)


def _base(file: str) -> str:
    return file.rpartition("/")[2]
