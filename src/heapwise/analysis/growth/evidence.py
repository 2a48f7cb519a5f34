"""Whether heap profiles bear out that a live heap grows, and which call path it comes from.

What a floor alone cannot tell apart, its call paths can. A leak is one path that goes on. A
cache that warms up is one too, and slows down; what was loaded once jumps and then stands still;
and where only the load rose, no path grows beyond it.

A sampled profile is noisy: of a path that holds B bytes in small objects, one standard deviation is
``sqrt(B · R)``, R being the mean distance between samples, and less for what is not replaced by
other objects. So nothing is concluded from two profiles, and a path's slope is bounded without
knowing its noise, by Kendall's variance, as the floor's is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from heapwise.analysis.growth.load import adjusted
from heapwise.analysis.growth.robust import Floats, Ints, sen
from heapwise.analysis.growth.trend import NO_AMOUNT
from heapwise.model.watch import PathGrowth

Bools = npt.NDArray[np.bool_]

MOST_PATHS = 50
"""Paths that are looked at: those that gained most from the first profile to the last."""

LEAST_CAPTURES = 5
"""With fewer, three of a half, no pattern is worth its name."""

_APART = 0.05
"""Of the whole time: what is closer to the capture before shows its noise, not its growth."""

_IN_A_ROW = 3
_EXPLAINS = 0.5
_STILL = 0.6
"""How fast a path must still grow, compared with the first half of the captures."""

_ONE_STEP = 0.5
"""More of the growth between two neighbours is a step."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A heap profile, by call path.

    Attributes:
        at: when, in any unit of time.
        floor: the live heap then, bytes: the least since the capture before.
        held: bytes in use by call path.
        load: as the floor's; None if it is not known.
    """

    at: float
    floor: float
    held: Mapping[str, float]
    load: float | None = None


class Says(Enum):
    """What the profiles say of growth that the floor shows."""

    TOO_LITTLE = auto()
    """They are too few."""

    NOWHERE = auto()
    """No path explains half of it."""

    ENDING = auto()
    """The paths that explain it slow down, or have jumped and stand still."""

    LASTING = auto()
    """A path explains half of it and goes on."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a series of profiles shows.

    Attributes:
        says: of the growth.
        grows: paths that surely hold more and more, most first.
        grown: what the floor gained since the first profile, of what it was.
    """

    says: Says
    grows: tuple[PathGrowth, ...] = ()
    grown: float = 0.0


def weigh(captures: Sequence[Capture]) -> Evidence:
    """What the profiles of one process say, oldest first."""
    captures = _apart([each for each in captures if 0 < each.floor < NO_AMOUNT])
    if len(captures) < LEAST_CAPTURES:
        return Evidence(Says.TOO_LITTLE)
    grown = captures[-1].floor / captures[0].floor - 1
    names = _gaining(captures)
    if not names:
        return Evidence(Says.NOWHERE, grown=grown)
    held = np.array([[each.held.get(name, 0.0) for each in captures] for name in names])
    clocks = _hours(captures), _work(captures)
    share = _shares(held, np.array([each.floor for each in captures]))
    confirmed = _in_a_row(share)
    alone = _without_load(held, captures)
    surely = np.maximum(*(sen(alone, clock)[1] for clock in clocks)) > 0
    grows = surely & (confirmed >= _IN_A_ROW)
    if not grows.any():
        return Evidence(Says.NOWHERE, grown=grown)
    found = tuple(
        PathGrowth(
            path=names[row],
            growth=float(held[row, -1] - held[row, 0]),
            share=float(share[row, -1]),
            confirmed=int(confirmed[row]),
        )
        for row in np.argsort(-share[:, -1])
        if grows[row]
    )
    lasting = grows & np.logical_or(*(_goes_on(held, clock) for clock in clocks))
    return Evidence(Says.LASTING if lasting.any() else Says.ENDING, found, grown)


def _apart(captures: Sequence[Capture]) -> list[Capture]:
    """Those that are not too close to the one before; the last is always among them."""
    if not captures:
        return []
    least = _APART * (captures[-1].at - captures[0].at)
    kept = [captures[-1]]
    for each in reversed(captures):
        if kept[-1].at - each.at >= least > 0:
            kept.append(each)
    return kept[::-1]


def _gaining(captures: Sequence[Capture]) -> list[str]:
    first, last = captures[0].held, captures[-1].held
    return sorted(last, key=lambda name: first.get(name, 0.0) - last[name])[:MOST_PATHS]


def _shares(held: Floats, floors: Floats) -> Floats:
    """float64[paths, captures - 1]: of what the floor grew by since the first, each path's part."""
    grown = floors[1:] - floors[0]
    gained = held[:, 1:] - held[:, :1]
    return np.asarray(np.divide(gained, grown, out=np.zeros_like(gained), where=grown > 0))


def _in_a_row(share: Floats) -> Ints:
    """Captures up to the last in which a path explained half of the growth."""
    explains = share[:, ::-1] >= _EXPLAINS
    return np.asarray(np.where(explains.all(axis=1), share.shape[1], explains.argmin(axis=1)))


def _without_load(held: Floats, captures: Sequence[Capture]) -> Floats:
    """What paths hold without what comes and goes with the load, where that is known."""
    loads = _loads(captures)
    return held if loads is None else adjusted(held, np.broadcast_to(loads, held.shape), 1)


def _hours(captures: Sequence[Capture]) -> Floats:
    return np.array([each.at for each in captures])


def _work(captures: Sequence[Capture]) -> Floats:
    """A clock that goes as fast as the load; where that is not known, as fast as any other.

    By it a leak of every request is a straight line, whatever the time of day.
    """
    times, loads = _hours(captures), _loads(captures)
    if loads is None:
        return times
    return np.concatenate([[0.0], (np.diff(times) * loads[1:]).cumsum()])


def _loads(captures: Sequence[Capture]) -> Floats | None:
    """Of all of them; None where one of them has none, or none that a clock could go by."""
    loads = [each.load for each in captures if each.load and 0 < each.load < NO_AMOUNT]
    return np.array(loads) if len(loads) == len(captures) else None


def _goes_on(held: Floats, times: Floats) -> Bools:
    """Paths that grow in the second half about as fast as in the first, and not in one step."""
    half = len(times) // 2
    early, _ = sen(held[:, : half + 1], times[: half + 1])
    late, _ = sen(held[:, half:], times[half:])
    steps = np.diff(held, axis=1)
    whole = held[:, -1] - held[:, 0]
    return np.asarray(
        (late > _STILL * early) & (late > 0) & (steps.max(axis=1) < _ONE_STEP * whole)
    )
