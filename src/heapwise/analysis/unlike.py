"""In what two runs differ besides the code: what must not be compared is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from heapwise.model.load import LoadResult
from heapwise.model.metrics import Exactness, Family, Metric
from heapwise.model.recording import Problem, Scope
from heapwise.model.report import RunReport
from heapwise.units import format_rate

_SETTING = re.compile(r"\b([A-Z]{3,}=\S+)")
"""A setting in `RunReport.service`: ``GOGC=100``."""


@dataclass(frozen=True, slots=True)
class Unlike:
    """One difference.

    Attributes:
        name: in a word or two, for the rows it spoils.
        problem: for people.
        families: of metrics that cannot be compared because of it.
        timings_only: exact figures of these families still can be.
    """

    name: str
    problem: Problem
    families: frozenset[Family] = frozenset()
    timings_only: bool = False

    def touches(self, metric: Metric) -> bool:
        """True where the difference forbids to compare this metric."""
        timed = metric.exactness is Exactness.TIMING
        return metric.family in self.families and (timed or not self.timings_only)


_EVERYTHING = frozenset(Family)
_PER_RUN = frozenset({Family.GC, Family.LATENCY, Family.CPU, Family.MEMORY, Family.LOAD})
"""Figures that depend on how much was asked of the service, and not only on each request."""

_MOST_NAMED, _LONGEST = 3, 80
"""Targets in a sentence, and characters of each."""

_TIME = "s"
"""The unit of work where nobody counted any."""


def differences(before: RunReport, after: RunReport) -> tuple[Unlike, ...]:
    """What differs besides the code.

    Another machine spoils timings; another rate or duration spoils what is not per unit of work;
    other targets, another unit of work or a load that nobody knows spoil everything. Another
    runtime or other settings may be the very change that is being judged: they are said, and
    spoil nothing.
    """
    return (
        *_machine(before, after),
        *_work(before, after),
        *_runtime(before, after),
        *_load(before.load_result, after.load_result),
    )


def _machine(before: RunReport, after: RunReport) -> Iterable[Unlike]:
    if before.machine != after.machine:
        problem = _differ("machine", (before.machine, after.machine), Scope.LATENCY)
        yield Unlike("machine", problem, _EVERYTHING, timings_only=True)


def _work(before: RunReport, after: RunReport) -> Iterable[Unlike]:
    if before.work_unit != after.work_unit:
        problem = _differ("unit of work", (before.work_unit, after.work_unit), Scope.ALL)
        yield Unlike("unit of work", problem, _EVERYTHING)
    elif before.work_unit == _TIME:
        what = "the load was made by somebody else: whether it was the same is unknown"
        yield Unlike("load unknown", Problem(scope=Scope.ALL, what=what), _EVERYTHING)


def _runtime(before: RunReport, after: RunReport) -> Iterable[Unlike]:
    if before.runtime_version != after.runtime_version:
        versions = (before.runtime_version or "unknown", after.runtime_version or "unknown")
        yield Unlike("runtime", _differ("runtime", versions, Scope.NONE))
    mine, theirs = (set(_SETTING.findall(report.service)) for report in (before, after))
    if mine != theirs:
        texts = [", ".join(sorted(side)) or "none" for side in (mine - theirs, theirs - mine)]
        yield Unlike("settings", _differ("runtime settings", texts, Scope.NONE))


def _load(before: LoadResult | None, after: LoadResult | None) -> Iterable[Unlike]:
    if before is None or after is None:
        return
    if _targets(before) != _targets(after):
        mine, theirs = _targets(before), _targets(after)
        texts = [_some(mine, theirs), _some(theirs, mine)]
        yield Unlike("targets", _differ("targets", texts, Scope.ALL), _EVERYTHING)
    rates = (before.total.asked_rate, after.total.asked_rate)
    if rates[0] != rates[1]:
        texts = [format_rate(rate) for rate in rates]
        yield Unlike("rate", _differ("rate", texts, Scope.LATENCY), _PER_RUN)
    elif before.total.scheduled != after.total.scheduled:
        texts = [f"{side.total.scheduled:,} hits" for side in (before, after)]
        yield Unlike("duration", _differ("duration", texts, Scope.LATENCY), _PER_RUN)


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


def _differ(what: str, sides: Sequence[str], scope: Scope) -> Problem:
    before, after = sides
    return Problem(scope=scope, what=f"different {what}: {before} before, {after} after")
