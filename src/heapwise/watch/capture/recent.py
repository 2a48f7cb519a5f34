"""What targets did in the last ten minutes: a profile of now is held against it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from heapwise.model.watch import Vitals
from heapwise.units import NS_PER_S
from heapwise.watch.scale import Scale

_MINUTES = 10.0
_MOST = 100


@dataclass(frozen=True, slots=True)
class _Said:
    """What is kept of a reading; None is unknown."""

    at_ns: int
    live: float | None
    allocated: float | None
    work: float | None


@dataclass(slots=True)
class Recent:
    """The last minutes of one process.

    Attributes:
        vitals: the last ones.
        busy: share of the processors that it could use, between the last two; None if unknown.
    """

    scale: Scale
    vitals: Vitals
    busy: float | None = None
    _said: deque[_Said] = field(default_factory=lambda: deque(maxlen=_MOST), repr=False)

    def __post_init__(self) -> None:
        self._keep(self.vitals)

    def seen(self, vitals: Vitals) -> None:
        """Take in the next reading."""
        share = busy_share(self.vitals, vitals)
        self.busy = self.busy if share is None else share
        self.vitals = vitals
        self._keep(vitals)

    @property
    def floor(self) -> float | None:
        """The least live heap, bytes; None where nobody tells."""
        return min((each.live for each in self._said if each.live is not None), default=None)

    @property
    def load(self) -> float | None:
        """Units of work a second, else bytes allocated a second; None where neither is counted."""
        first, last = self._said[0], self._said[-1]
        for before, after in ((first.work, last.work), (first.allocated, last.allocated)):
            if before is not None and after is not None and last.at_ns > first.at_ns:
                return (after - before) * NS_PER_S / (last.at_ns - first.at_ns)
        return None

    def _keep(self, vitals: Vitals) -> None:
        self._said.append(_Said(vitals.at_ns, vitals.live, vitals.allocated, vitals.work))
        since_ns = vitals.at_ns - self.scale.ns(minutes=_MINUTES)
        while self._said[0].at_ns < since_ns:
            self._said.popleft()


def busy_share(before: Vitals, now: Vitals) -> float | None:
    """Of the processors that a process could have used, the share it did; None if unknown.

    The runtime's own counts go together, and stand still between two collections; then, and where
    there are none, the system's count is held against the processors that there are.
    """
    could = _gained(before.cpu_available_s, now.cpu_available_s)
    used = _gained(before.cpu_counted_s, now.cpu_counted_s)
    if not could or used is None:
        used = _gained(before.cpu_s, now.cpu_s)
        could = _processors(now) * (now.at_ns - before.at_ns) / NS_PER_S
    return used / could if used is not None and could > 0 else None


def _gained(before: float | None, now: float | None) -> float | None:
    """By how much a counter rose; None where it is not told, or fell."""
    if before is None or now is None or now < before:
        return None
    return now - before


def _processors(vitals: Vitals) -> float:
    """How many a process may use; 0 where that is unknown.

    A Python process has one: its threads run Python code one at a time. Go counts what all its
    processors could have done since the start.
    """
    if vitals.runtime == "python":
        return 1.0
    if vitals.cpu_available_s is None or vitals.started_ns is None:
        return 0.0
    age_s = (vitals.at_ns - vitals.started_ns) / NS_PER_S
    return vitals.cpu_available_s / age_s if age_s > 0 else 0.0
