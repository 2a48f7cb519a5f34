"""In what runs differ besides the code: what must not be compared is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from heapwise.errors import UsageError
from heapwise.model.generator import Generator
from heapwise.model.load import LoadResult
from heapwise.model.metrics import Exactness, Family, Metric
from heapwise.model.recording import Problem, Scope
from heapwise.model.report import RunReport
from heapwise.units import format_rate

_SETTING = re.compile(r"\b([A-Z][A-Z_]{2,}=\S+)")
"""A setting in `RunReport.service`: ``GOGC=100``."""


@dataclass(frozen=True, slots=True)
class Unlike:
    """One difference.

    Attributes:
        name: in a word or two, for the rows it spoils.
        problem: for people.
        families: of metrics that cannot be compared because of it.
        timings_only: exact figures of these families still can be.
        sides: what each has.
    """

    name: str
    problem: Problem
    families: frozenset[Family] = frozenset()
    timings_only: bool = False
    sides: tuple[str, str] = ("", "")

    def between(self, first: str, second: str) -> str:
        """The difference between two runs that are neither before nor after."""
        return f"different {self.name}: {self.sides[0]} in {first}, {self.sides[1]} in {second}"

    def touches(self, metric: Metric) -> bool:
        """True where the difference forbids to compare this metric."""
        timed = metric.exactness is Exactness.TIMING
        return metric.family in self.families and (timed or not self.timings_only)


_EVERYTHING = frozenset(Family)
_PER_RUN = frozenset({Family.GC, Family.LATENCY, Family.CPU, Family.MEMORY, Family.LOAD})
"""Figures that depend on how much was asked of the service, and not only on each request."""

_REFUSED = frozenset({"targets", "rate", "duration", "unit of work", "load generator"})
"""Differences in what was asked of the service: whoever made rounds made them to be compared."""

_MOST_NAMED, _LONGEST = 3, 80
"""Targets in a sentence, and characters of each."""

_UNKNOWN = "load unknown"
_AGAIN = "record them alike: heapwise verify does"

_TIME = "s"
"""The unit of work where nobody counted any."""


def differences(before: RunReport, after: RunReport) -> tuple[Unlike, ...]:
    """What differs besides the code.

    Another machine spoils timings, another load generator spoils latencies; another rate or
    duration spoils what is not per unit of work; other targets, another unit of work or a load
    that nobody knows spoil everything. Another runtime or other settings may be the very change
    that is being judged: they are said, and spoil nothing.
    """
    return (
        *_machine(before, after),
        *_work(before, after),
        *_runtime(before, after),
        *_load(before.load_result, after.load_result),
    )


def must_be_alike(bases: Sequence[RunReport], news: Sequence[RunReport]) -> None:
    """Refuse rounds of different targets, rates or durations, and sides that are no one thing.

    Raises:
        UsageError: with the two rounds and what they have different.
    """
    for side in (bases, news):
        for report in side[1:]:
            for found in differences(side[0], report):
                if found.name != _UNKNOWN:
                    what = f"{side[0].name} and {report.name} are not rounds of one side"
                    raise UsageError(what, found.between(side[0].name, report.name), _AGAIN)
    for found in differences(bases[0], news[0]):
        if found.name in _REFUSED:
            what = f"{bases[0].name} and {news[0].name} do not compare"
            raise UsageError(what, found.between(bases[0].name, news[0].name), _AGAIN)


def one_after_the_other(
    bases: Sequence[RunReport], news: Sequence[RunReport]
) -> tuple[Problem, ...]:
    """Whether all rounds of one side were made before the first of the other."""
    if min(len(bases), len(news)) < 2:
        return ()
    before, after = ([report.created for report in side] for side in (bases, news))
    if max(before) < min(after) or max(after) < min(before):
        what = (
            "the rounds of one side were all made before those of the other: whatever drifted"
            " meanwhile is in every change; heapwise verify makes them in turn"
        )
        return (Problem(scope=Scope.NONE, what=what),)
    return ()


def _machine(before: RunReport, after: RunReport) -> Iterable[Unlike]:
    if before.machine != after.machine:
        sides = (before.machine, after.machine)
        yield _unlike("machine", sides, Scope.LATENCY, _EVERYTHING, timings_only=True)


def _work(before: RunReport, after: RunReport) -> Iterable[Unlike]:
    if before.work_unit != after.work_unit:
        sides = (before.work_unit, after.work_unit)
        yield _unlike("unit of work", sides, Scope.ALL, _EVERYTHING)
    elif before.work_unit == _TIME:
        what = "the load was made by somebody else: whether it was the same is unknown"
        yield Unlike(_UNKNOWN, Problem(scope=Scope.ALL, what=what), _EVERYTHING)


def _runtime(before: RunReport, after: RunReport) -> Iterable[Unlike]:
    if before.runtime_version != after.runtime_version:
        versions = (before.runtime_version or "unknown", after.runtime_version or "unknown")
        yield _unlike("runtime", versions, Scope.NONE)
    mine, theirs = (set(_SETTING.findall(report.service)) for report in (before, after))
    if mine != theirs:
        first, second = (", ".join(sorted(side)) for side in (mine - theirs, theirs - mine))
        yield _unlike("settings", (first or "none", second or "none"), Scope.NONE)


def _load(before: LoadResult | None, after: LoadResult | None) -> Iterable[Unlike]:
    if before is None or after is None:
        return
    mine, theirs = _targets(before), _targets(after)
    if mine != theirs:
        sides = (_some(mine, theirs), _some(theirs, mine))
        yield _unlike("targets", sides, Scope.ALL, _EVERYTHING)
    if before.generator and after.generator:
        senders = (_sender(before.generator), _sender(after.generator))
        if senders[0] != senders[1]:
            yield _unlike("load generator", senders, Scope.LATENCY, frozenset({Family.LATENCY}))
    first, second = before.total, after.total
    if first.asked_rate != second.asked_rate:
        rates = (format_rate(first.asked_rate), format_rate(second.asked_rate))
        yield _unlike("rate", rates, Scope.LATENCY, _PER_RUN)
    elif first.asked_rate and first.scheduled != second.scheduled:  # a closed loop asks for none
        hits = (f"{first.scheduled:,} hits", f"{second.scheduled:,} hits")
        yield _unlike("duration", hits, Scope.LATENCY, _PER_RUN)


def _sender(generator: Generator) -> str:
    return f"{generator.engine} engine with {generator.pacing} pacing"


def _unlike(
    name: str,
    sides: tuple[str, str],
    scope: Scope,
    families: frozenset[Family] = frozenset(),
    *,
    timings_only: bool = False,
) -> Unlike:
    title = "runtime settings" if name == "settings" else name
    what = f"different {title}: {sides[0]} before, {sides[1]} after"
    return Unlike(name, Problem(scope=scope, what=what), families, timings_only, sides)


def _some(targets: Sequence[str], others: Sequence[str]) -> str:
    """A few targets by name, those that the others lack first."""
    known = set(others)
    first = sorted(targets, key=lambda target: target in known)[:_MOST_NAMED]
    names = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…" for name in first]
    more = len(targets) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _targets(load: LoadResult) -> tuple[str, ...]:
    """Method and path: the same service may listen on another port the second time."""
    result = []
    for report in load.per_target:
        method, _, url = report.target.partition(" ")
        parts = urlsplit(url)
        result.append(f"{method} {parts.path or '/'}" + (f"?{parts.query}" if parts.query else ""))
    return tuple(result)
