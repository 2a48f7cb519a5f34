"""Which runs may count: a spoiled one is made again, not averaged in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from heapwise.analysis.process import drifted, fault_drift
from heapwise.analysis.windows import settled
from heapwise.model.memory import HostSample
from heapwise.model.metrics import CATALOGUE, Family
from heapwise.model.recording import Problem, Recording, Scope, Window
from heapwise.model.report import RunReport
from heapwise.model.verify import Attempt
from heapwise.record.analyse import analyse
from heapwise.units import format_share

GIVE_UP = 3
"""Runs in a row that came out as bad as the one before: on such a machine another would too."""

_WIDTH = {
    Scope.NONE: 0,
    Scope.LATENCY: 1,
    Scope.GC: 2,
    Scope.ALLOCATION: 3,
    Scope.ALL: 4,
}
"""How much a problem takes away from a comparison whose first question is what is allocated."""


STOLEN = 0.03
"""Of the processors' time, taken away while a run was measured. Shared machines lose 1 % always."""

_TIMED = frozenset({Family.LATENCY, Family.CPU})
"""What page faults and theft add to."""


class Judgement(NamedTuple):
    """What is wrong with a run.

    Attributes:
        scope: the widest of the figures it touches.
        reasons: a sentence each; none for a good run.
    """

    scope: Scope
    reasons: tuple[str, ...]


def examined(recording: Recording, place: str) -> RunReport:
    """Analyse a run as one of several that are compared.

    Alone, page faults that changed midway would be a remark. Between rounds, an allocator that
    gives memory back in one of them and keeps it in the next is taken for an effect of the
    change, and so is a processor that a neighbour had: the timings of such a run do not count.

    Args:
        recording: of the run.
        place: where it lies.
    """
    report = analyse(recording, place=place)
    problems = tuple(_disturbances(recording))
    if not problems:
        return report
    metrics = tuple(
        msgspec.structs.replace(value, invalid=value.invalid or problems[0].what)
        if CATALOGUE[value.metric].family in _TIMED and value.value is not None
        else value
        for value in report.metrics
    )
    together = (*problems, *report.problems)
    return msgspec.structs.replace(report, metrics=metrics, problems=together, valid=False)


def _disturbances(recording: Recording) -> Iterator[Problem]:
    windows = settled(recording)
    factor = fault_drift(recording.process, windows)
    if factor is not None and drifted(factor):
        yield Problem(
            scope=Scope.LATENCY,
            what=f"one half had {factor:.1f} times the minor page faults of the other",
            remedy="warm up for longer with -warmup",
        )
    stolen = stolen_share(recording.host, windows)
    if stolen > STOLEN:
        yield Problem(
            scope=Scope.LATENCY,
            what=f"the hypervisor gave {format_share(stolen)} of the processors to somebody else",
            remedy="use a machine of your own",
        )


def stolen_share(host: Sequence[HostSample], windows: Sequence[Window]) -> float:
    """Which share of all processor time within windows a hypervisor gave away; 0 if unknown."""
    stolen = together = 0
    for window in windows:
        if window.after is None:
            continue
        inside = [
            each
            for each in host
            if window.before.at_ns <= each.at_ns <= window.after.at_ns and each.steal_ns >= 0
        ]
        if len(inside) < 2:
            continue
        first, last = inside[0], inside[-1]
        steal = last.steal_ns - first.steal_ns
        stolen += steal
        together += steal + last.busy_ns - first.busy_ns + last.idle_ns - first.idle_ns
    return stolen / together if together > 0 else 0.0


def judge(report: RunReport) -> Judgement:
    """Tell a run that may count from one that has to be made again."""
    spoiling = [problem for problem in report.problems if problem.scope is not Scope.NONE]
    reasons = dict.fromkeys(problem.what for problem in spoiling)
    return Judgement(widest(problem.scope for problem in spoiling), tuple(reasons))


def widest(scopes: Iterable[Scope]) -> Scope:
    """The scope that takes away most; NONE of none."""
    return max(scopes, key=_WIDTH.__getitem__, default=Scope.NONE)


def best(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt of one round and side that counts: the least spoiled, the first of equals.

    One that is spoiled still counts where there is none better: its report marks which figures
    are invalid, and the others are as good as any.
    """
    finished = [attempt for attempt in attempts if not attempt.interrupted]
    return min(finished, key=lambda attempt: _WIDTH[attempt.scope], default=None)


def counted(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """The best attempt of each round and side, in order."""
    groups: dict[tuple[int, str], list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault((attempt.round, attempt.side), []).append(attempt)
    return tuple(chosen for group in groups.values() if (chosen := best(group)) is not None)


def whole_rounds(kept: Iterable[Attempt], sides: Iterable[str]) -> tuple[Attempt, ...]:
    """Those of rounds that all the sides have run: an unpaired one would outweigh the others.

    Args:
        kept: one attempt of each round and side.
        sides: names of the sides that count; attempts of others are left out.
    """
    names = frozenset(sides)
    kept = tuple(attempt for attempt in kept if attempt.side in names)
    ran: dict[int, set[str]] = {}
    for attempt in kept:
        ran.setdefault(attempt.round, set()).add(attempt.side)
    return tuple(attempt for attempt in kept if ran[attempt.round] == names)


def repetitions(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """The runs that were made again, in order: what was interrupted was not made at all."""
    seen = set()
    again = []
    for attempt in attempts:
        place = (attempt.round, attempt.side)
        if attempt.interrupted:
            continue
        if place in seen:
            again.append(attempt)
        seen.add(place)
    return tuple(again)


def worth_repeating(attempts: Sequence[Attempt], most: int) -> bool:
    """True where the last run is spoiled and another try may help.

    Args:
        attempts: all so far, in order.
        most: repetitions that are allowed altogether.
    """
    finished = [attempt for attempt in attempts if not attempt.interrupted]
    if not finished or not finished[-1].spoiled or len(repetitions(finished)) >= most:
        return False
    hopeless = len(finished) > GIVE_UP and all(each.spoiled for each in finished[-GIVE_UP - 1 :])
    # A machine that is too noisy for latency still counts allocations; one on which nothing
    # can be counted is worth every try that is left.
    return not hopeless or finished[-1].scope is Scope.ALL
