"""What rules found, put together: one cause is one finding, and no byte is saved twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from heapwise.analysis.allocation import CallSite
from heapwise.analysis.frames import Frame, RuntimeFrames
from heapwise.diagnose.advisories import known_defect
from heapwise.diagnose.case import Case, total
from heapwise.diagnose.source.heat import HotLines
from heapwise.diagnose.source.match import Heat, Match
from heapwise.model.finding import Finding, Place

if TYPE_CHECKING:
    from heapwise.diagnose.registry import Rule

At = Callable[[Frame], bool]
"""Whether a frame is at the place of a finding."""

Flow = Callable[[At, Sequence[CallSite]], Sequence[str]]
"""Why call paths allocate that pass through a place, a sentence each, as the compiler tells it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding and what it rests on.

    Attributes:
        rule: that found it.
        finding: for people.
        match: in the source; None where it is known by its call paths alone.
        sites: the call paths that it costs; empty without evidence.
        frames: of these paths, that are its place, where it is known by its paths.
    """

    rule: Rule
    finding: Finding
    match: Match | None = None
    sites: tuple[CallSite, ...] = ()
    frames: frozenset[Frame] = frozenset()

    @property
    def worth(self) -> tuple[float, float]:
        """What findings are ranked by: the expected gain, then the share of the bytes."""
        gain, evidence = self.finding.gain_bytes_per_work, self.finding.evidence
        return gain or 0.0, evidence.bytes_share.value if evidence is not None else 0.0


def by_paths(rule: Rule, finding: Finding, case: Case) -> Found:
    """What a rule found by call paths alone."""
    sites = case.sites_of(finding.evidence)
    return Found(rule, finding, sites=sites, frames=_frames(finding, sites, case.frames))


def _frames(
    finding: Finding, sites: Iterable[CallSite], runtime: RuntimeFrames
) -> frozenset[Frame]:
    """The frame of each path that is where the finding is, or of the same module or package."""

    def owner(frame: Frame) -> str:
        return runtime.module_of(frame.file) or runtime.package_of(frame.function)

    paths = [site.path for site in sites]
    owners = {
        owner(frame)
        for path in paths
        for frame in path
        if finding.where.startswith(f"{frame.function} (")
    }
    nearest = (next((frame for frame in path if owner(frame) in owners), None) for path in paths)
    return frozenset(frame for frame in nearest if frame is not None)


def joined(
    found: Iterable[Found], case: Case, hot: HotLines | None = None, flow: Flow | None = None
) -> tuple[Found, ...]:
    """One entry a cause, the most worthwhile first, each told what it shares with those before.

    Args:
        found: by all rules.
        case: they found it in.
        hot: the lines of its source; None without.
        flow: why call paths allocate; None where no compiler told.
    """
    merged = tuple(_merged(list(found)))
    ranked = sorted(merged, key=lambda each: _rank(each, merged), reverse=True)
    claimed: list[tuple[str, frozenset[int]]] = []
    told = []
    for each in ranked:
        mine = _claims(each)
        before = (code for code, theirs in claimed if not mine.isdisjoint(theirs))
        finding = msgspec.structs.replace(each.finding, shares_gain_with=tuple(_once(before)))
        told.append(_completed(replace(each, finding=finding), case, hot, flow))
        claimed.append((each.finding.code, mine))
    return tuple(told)


def _rank(each: Found, found: Iterable[Found]) -> tuple[tuple[float, float], bool]:
    """What it is worth; a cause is worth what its symptom is, and comes before it."""
    symptoms = getattr(each.rule, "EXPLAINS", ())
    explained = [other.worth for other in found if other.rule.CODE in symptoms]
    return max([each.worth, *explained]), bool(explained)


def _once(codes: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(codes)


def _claims(each: Found) -> frozenset[int]:
    """Its call paths: they are the case's own objects, and comparing them whole takes long."""
    return frozenset(map(id, each.sites))


def _merged(found: Sequence[Found]) -> Iterator[Found]:
    """A rule that knows a pattern by its paths and by its source has found it once, not twice.

    Where several places in the source together are all of its paths, they tell it better.
    """
    by_source = [each for each in found if each.match is not None]
    for each in (each for each in found if each.match is None):
        mine = _claims(each)
        same = [
            other
            for other in by_source
            if other.rule is each.rule and not mine.isdisjoint(_claims(other))
        ]
        if not same:
            yield each
        elif len(same) == 1 or not mine <= frozenset().union(*map(_claims, same)):
            heaviest = max(same, key=lambda other: total(other.sites).size)
            by_source.remove(heaviest)
            yield _located(each, heaviest)
    yield from by_source


def _located(each: Found, same: Found) -> Found:
    """What the paths tell of it, and the source's lines and patch."""
    finding = msgspec.structs.replace(
        each.finding,
        place=same.finding.place,
        sketch=same.finding.sketch,
        fixable=same.finding.fixable,
        withheld=same.finding.withheld,
    )
    return replace(each, finding=finding, match=same.match)


def _completed(each: Found, case: Case, hot: HotLines | None, flow: Flow | None) -> Found:
    """With what is the same to tell of every finding: CPU time, the compiler's words, a place."""
    evidence = each.finding.evidence
    if evidence is None:
        return each
    at = _at(each, hot)
    cpu = case.cpu.share(lambda stack: any(map(at, stack))) if case.cpu is not None else None
    place = each.finding.place or _place(each, case, hot)
    finding = msgspec.structs.replace(
        each.finding,
        evidence=msgspec.structs.replace(evidence, cpu_share=cpu),
        flow=tuple(flow(at, each.sites)) if flow is not None else (),
        cpu_bound=_cpu_bound(each, cpu, evidence.gc_cpu_share),
        place=place,
        # Where go.mod requires a release with a known defect, taking the mended one is a patch.
        fixable=each.finding.fixable
        or (place is not None and known_defect(each.finding.module) is not None),
    )
    return replace(each, finding=finding)


def _cpu_bound(each: Found, below: float | None, collecting: float | None) -> float | None:
    """The largest share of the CPU time that can go.

    Without a CPU profile only the collector's part is known, which bounds nothing; nor does a
    profile that is too short to have seen the lines at all. What is no allocation is not bounded
    by what allocating costs.
    """
    if below is None or (each.match is not None and each.match.heat is Heat.FUNCTION):
        return None
    return min(1.0, below + (collecting or 0.0)) or None


def _at(each: Found, hot: HotLines | None) -> At:
    match = each.match
    if match is None or hot is None:
        return each.frames.__contains__
    spans = (match.span, *match.more)
    return lambda frame: (
        frame in each.frames
        or any(
            span.line <= frame.line <= span.end_line and hot.place(frame) == span.file
            for span in spans
        )
    )


def _place(each: Found, case: Case, hot: HotLines | None) -> Place | None:
    """The line that requires the module, else the own line nearest to what allocates."""
    if hot is None or case.source is None:
        return None
    if each.finding.module:
        return case.source.requirement(each.finding.module.rpartition("@")[0])
    heaviest = max(each.sites, key=lambda site: site.weight.size, default=None)
    for frame in heaviest.path if heaviest is not None else ():
        file = hot.place(frame)
        if file is not None:
            return Place(file, frame.line, frame.line)
    return None
