"""What would have been told of a simulated week: growing, leak by the floor, leak with profiles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from generator import HOUR, Service
from profiles import held
from replay import Replay

from heapwise.analysis.growth.evidence import Capture, Evidence, weigh
from heapwise.analysis.growth.waking import is_leak, wakes
from heapwise.analysis.growth.windows import GROWING, LEAK, GrowthWindow

NEVER = float("inf")

_OPEN_H = 4.0
"""An alert is over when nothing was seen for so long."""

_MOST_CAPTURES = 48
_FLOOR_POLLS = 40
"""Before a profile, that its floor is the least of."""


@dataclass(frozen=True, slots=True)
class Told:
    """Hours from the start until something was told first; infinite for never.

    Attributes:
        growing: by R*.
        leak: by S*, of the floor alone.
        growing_page: a page by R* and profiles.
        leak_page: a page by S* and profiles.
        episodes: times that it began to grow.
        captures: heap profiles that were taken.
    """

    growing: float
    leak: float
    growing_page: float
    leak_page: float
    episodes: int
    captures: int

    @property
    def page(self) -> float:
        """Whichever wakes somebody first."""
        return min(self.growing_page, self.leak_page)


Seen = list[tuple[float, GrowthWindow]]
"""Hours at which a window held for long enough, in order."""


def told(service: Service, random: np.random.Generator) -> Told:
    """Run both stages over a service."""
    replay = Replay(service.live, service.load)
    growing, leak = (_seen(replay, windows) for windows in (GROWING, LEAK))
    pages = {"growing": NEVER, "leak": NEVER}
    captures = 0
    every = _episodes(sorted((*growing, *leak), key=lambda each: each[0]))
    for begin, end in every:
        taken = _captures(service, begin, end, random)
        captures += len(taken)
        says = _memory(taken)
        for name, seen, rule in (("growing", growing, is_leak), ("leak", leak, wakes)):
            mine = [each for each in seen if begin <= each[0] <= end]
            pages[name] = min(pages[name], _paged(mine, says, rule))
    return Told(
        growing=growing[0][0] if growing else NEVER,
        leak=leak[0][0] if leak else NEVER,
        growing_page=pages["growing"],
        leak_page=pages["leak"],
        episodes=len(every),
        captures=captures,
    )


def _seen(replay: Replay, windows: Sequence[GrowthWindow]) -> Seen:
    found = [(float(at) / 60, window) for window in windows for at in replay.alarms(window)]
    return sorted(found, key=lambda each: each[0])


def _episodes(seen: Seen) -> list[tuple[float, float]]:
    """Begin and end, hours, of times without a longer pause."""
    found: list[tuple[float, float]] = []
    for at, _ in seen:
        if found and at - found[-1][1] <= _OPEN_H:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def _captures(
    service: Service, begin: float, end: float, random: np.random.Generator
) -> list[Capture]:
    """Profiles at growing intervals while the alert is open."""
    last = min(end + _OPEN_H, (len(service.live) - 1) / HOUR)
    due = np.array([int(at * HOUR) for at in _due(begin) if at <= last], dtype=np.intp)
    polls = due[~np.isnan(service.live[due])]  # who does not answer gives no profile either
    paths = held(service, polls, random)
    found = []
    for number, poll in enumerate(polls.tolist()):
        before = slice(max(0, poll - _FLOOR_POLLS), poll + 1)
        found.append(
            Capture(
                at=poll / HOUR,
                floor=float(np.nanmin(service.live[before])),
                held={name: float(path[number]) for name, path in paths.items()},
                load=float(np.nanmean(service.load[before])),
            )
        )
    return found


def _due(begin: float) -> Iterator[float]:
    """At once, at the next collection, after 10 and 30 minutes, then at a twelfth of the age."""
    yield from (begin, begin + 1 / 60, begin + 1 / 6)
    age = 0.5
    for _ in range(_MOST_CAPTURES - 3):
        yield begin + age
        age += max(0.5, age / 12)


def _memory(captures: Sequence[Capture]) -> Callable[[float], Evidence]:
    """What the captures up to an hour say; each number of them is weighed once."""
    known: dict[int, Evidence] = {}

    def says(at: float) -> Evidence:
        count = sum(1 for each in captures if each.at <= at)
        if count not in known:
            known[count] = weigh(captures[:count])
        return known[count]

    return says


def _paged(
    seen: Seen,
    says: Callable[[float], Evidence],
    rule: Callable[[Evidence | None, float, float], bool],
) -> float:
    """Hours to the first page by a rule; a sign lasts until nothing was seen for a while."""
    began = last = -NEVER
    for at, window in seen:
        began = began if at - last <= _OPEN_H else at
        last = at
        if rule(says(at), window.minutes, (at - began) * 60):
            return at
    return NEVER
