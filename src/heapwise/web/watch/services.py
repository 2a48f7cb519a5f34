"""Targets folded into services: one row each, with what needs somebody first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from heapwise.model.watch import Alert, Bin, Health, Severity, Stretch, TargetState

Sparks = Sequence[float | None]
"""The live heap of a service on a grid, bytes; None where nothing is known."""


class Word(NamedTuple):
    """How a service does, and how much that matters.

    Attributes:
        rank: 0 needs somebody now; larger can wait.
        text: one word or two.
        look: the class of its colour: ``bad``, ``warn``, ``note``, ``good`` or ``none``.
    """

    rank: int
    text: str
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The row of a service. None is unknown.

    Attributes:
        name: of it.
        word: how it does.
        up: instances that answer.
        instances: all of them.
        live: bytes of live heap, of the instance that holds most.
        spark: the same over the last hours.
        gc_share: of CPU, of the instance that spends most.
        allocated: bytes a second, all instances together.
        per_work: objects per unit of work, all instances together.
        pause_p99_ns: of the instance with the longest, in its last bin.
        coverage: share of that instance's pauses that were seen.
        restarts: seen, of all instances.
        alerts: open ones, the silenced among them.
        silenced: how many of these are.
        problem: of the first instance that does not answer.
    """

    name: str
    word: Word
    up: int
    instances: int
    live: float | None
    spark: Sparks
    gc_share: float | None
    allocated: float | None
    per_work: float | None
    pause_p99_ns: float | None
    coverage: float | None
    restarts: int
    alerts: int
    silenced: int
    problem: str


def by_service(states: Iterable[TargetState]) -> dict[str, list[TargetState]]:
    """The targets of each service."""
    services: dict[str, list[TargetState]] = defaultdict(list)
    for state in states:
        services[state.target.service].append(state)
    return dict(services)


def fold(
    name: str,
    states: Sequence[TargetState],
    alerts: Sequence[Alert],
    bins: Mapping[str, Sequence[Bin]],
    spark: Sparks,
) -> Service:
    """One service; of who does not answer there are no figures, since what was is not what is.

    Args:
        name: of it.
        states: its targets, at least one.
        alerts: its open ones.
        bins: the last ones of each target, by its key.
        spark: its live heap over time.
    """
    up = [state for state in states if state.health is Health.UP]
    stretches = [state.stretch for state in up if state.stretch is not None]
    last = [bins[state.target.key][-1] for state in up if bins.get(state.target.key)]
    slowest = max(
        (each for each in last if each.pause_p99_ns is not None),
        key=lambda each: each.pause_p99_ns or 0.0,
        default=None,
    )
    return Service(
        name=name,
        word=word_of(states, alerts),
        up=len(up),
        instances=len(states),
        live=_most(state.vitals.live for state in up if state.vitals is not None),
        spark=spark,
        # Go counts the collector's CPU when a cycle ends: a quiet process has it in its bins only.
        gc_share=_most([*(one.gc_share for one in stretches), *(one.gc_share for one in last)]),
        allocated=_rate(stretches),
        per_work=_ratio(stretches),
        pause_p99_ns=slowest.pause_p99_ns if slowest else None,
        coverage=slowest.coverage if slowest else None,
        restarts=sum(state.restarts for state in states),
        alerts=len(alerts),
        silenced=sum(alert.silenced for alert in alerts),
        problem=next((state.problem for state in states if state.problem), ""),
    )


_LOOKS = {Severity.PAGE: (0, "bad"), Severity.WARN: (2, "warn"), Severity.CAPTURE: (4, "note")}


def word_of(states: Sequence[TargetState], alerts: Iterable[Alert]) -> Word:
    """The one thing to know about some targets."""
    words = [Word(_LOOKS[each.severity][0], each.code, _LOOKS[each.severity][1])
             for each in alerts if not each.silenced]  # fmt: skip
    for health, rank, look in (
        (Health.DOWN, 1, "bad"), (Health.STRANGE, 3, "warn"), (Health.NEW, 5, "none"),
    ):  # fmt: skip
        count = sum(state.health is health for state in states)
        if count:
            of = f" {count} of {len(states)}" if len(states) > 1 else ""
            words.append(Word(rank, f"{health.value}{of}", look))
    return min(words, default=Word(6, "up", "good"))


def newest_first(alerts: Sequence[Alert]) -> list[Alert]:
    """Those that last by how much they matter, then those that are over; the newest first."""

    def order(alert: Alert) -> tuple[bool, bool, int, int]:
        over = alert.ended_ns is not None
        rank = 0 if over else _LOOKS[alert.severity][0]
        return over, alert.silenced and not over, rank, -alert.began_ns

    return sorted(alerts, key=order)


def one_each(alerts: Iterable[Alert]) -> tuple[list[Alert], dict[str, int]]:
    """The first alert of each service and code, and by its id how many others there are, if any.

    What strikes all instances of a service is one problem.
    """
    same: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in alerts:
        same[alert.service, alert.code].append(alert)
    others = {first.id: len(rest) for first, *rest in same.values() if rest}
    return [first for first, *_ in same.values()], others


def spark_of(
    bins: Iterable[Sequence[Bin]], begin_ns: int, step_ns: int, steps: int
) -> list[float | None]:
    """The live heap of the instance that holds most, on a grid.

    The largest, because a mean of nine that do well hides the tenth.

    Args:
        bins: of each instance, of any begin.
        begin_ns: of the grid.
        step_ns: of the grid, not less than a bin.
        steps: of the grid.
    """
    grid: list[float | None] = [None] * steps
    for each in bins:
        for one in each:
            at = (one.begin_ns - begin_ns) // step_ns
            if one.live is not None and 0 <= at < steps:
                grid[at] = max(grid[at] or 0.0, one.live)
    return grid


def _most(values: Iterable[float | None]) -> float | None:
    return max((each for each in values if each is not None), default=None)


def _rate(stretches: Iterable[Stretch]) -> float | None:
    """Bytes a second of all instances that say what they allocated."""
    rates = [each.allocated / each.seconds
             for each in stretches if each.allocated is not None and each.seconds > 0]  # fmt: skip
    return sum(rates) if rates else None


def _ratio(stretches: Iterable[Stretch]) -> float | None:
    """Objects per unit of work, of the instances that count both."""
    both = [(each.mallocs, each.work) for each in stretches
            if each.mallocs is not None and each.work is not None]  # fmt: skip
    work = sum(each for _, each in both)
    return sum(each for each, _ in both) / work if work else None
