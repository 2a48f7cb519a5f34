"""When the next profile of a series is due.

The first is taken at once. A heap profile shows what was live at the last collection, so the
second waits for the next one, which tells what of the first is gone already; Go's profile is one
cycle behind, so there it waits for two. The others come at growing intervals, for as long as the
sign lasts: a cache that warms up slows down, a leak does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from heapwise.watch.capture.settings import GROWING, HEAP, CaptureSettings
from heapwise.watch.scale import Scale

NEXT_CYCLE, LATER = "next cycle", "later"

_LAG = {"go": 2}
"""Cycles after which a heap profile shows none of what was garbage at the first."""

_PART = 12
"""Of the time since the first profile, what lies between the later ones."""

_TRIES = 5
"""So often a profile is asked for that cannot be had now; the next one of the series may be."""


@dataclass(slots=True)
class Series:
    """Profiles of one kind of one process.

    Attributes:
        kind: of them.
        code: of the sign that began it.
        runtime: of the process.
        taken: how many.
        skipped: that were due and could not be had.
        next_ns: when the next is due; 0 at once.
        first_ns: when the first was taken.
        first_cycles: collections until then.
        tries: for the next one, so far.
    """

    kind: str
    code: str
    runtime: str
    scale: Scale
    settings: CaptureSettings
    taken: int = 0
    skipped: int = 0
    next_ns: int = 0
    first_ns: int = 0
    first_cycles: int | None = None
    tries: int = 0
    _cycle_shown: bool = field(default=False)

    @property
    def over(self) -> bool:
        """Nothing more is taken."""
        most = self.settings.most if self.kind in GROWING else 1
        return self.taken + self.skipped >= most

    def due(self, now_ns: int, cycles: int | None) -> str:
        """Why a profile is to be taken now; empty where none is.

        Args:
            now_ns: unix ns.
            cycles: of the process so far.
        """
        if self.over:
            return ""
        if now_ns >= self.next_ns:
            return LATER if self.taken else self.code
        return NEXT_CYCLE if self._cycle_over(cycles) and not self.tries else ""

    def took(self, reason: str, now_ns: int, cycles: int | None) -> None:
        """One was taken."""
        self.taken += 1
        if not self.first_ns:
            self.first_ns, self.first_cycles = now_ns, cycles
        self._pass(reason, now_ns)

    def skip(self, reason: str, now_ns: int) -> None:
        """This one is given up; the next one of the series may be had."""
        self.skipped += 1
        self._pass(reason, now_ns)

    def retry(self, wait_ns: int, now_ns: int) -> bool:
        """Try again after a while; False where that was tried often enough."""
        self.tries += 1
        if self.tries >= _TRIES:
            return False
        self.next_ns = now_ns + wait_ns
        return True

    def _pass(self, reason: str, now_ns: int) -> None:
        self.tries = 0
        if reason != self.code:
            self._cycle_shown = True  # or is by a later one
        if reason != NEXT_CYCLE:
            self.next_ns = self._after(now_ns)

    def _cycle_over(self, cycles: int | None) -> bool:
        if self.kind != HEAP or self._cycle_shown or cycles is None or self.first_cycles is None:
            return False
        return cycles >= self.first_cycles + _LAG.get(self.runtime, 1)

    def _after(self, now_ns: int) -> int:
        if not self.first_ns:
            return now_ns + self.scale.ns(minutes=self.settings.later_minutes[0])
        for minutes in self.settings.later_minutes:
            due_ns = self.first_ns + self.scale.ns(minutes=minutes)
            if due_ns > now_ns:
                return due_ns
        age_ns = now_ns - self.first_ns
        return now_ns + max(self.scale.ns(minutes=self.settings.every_minutes), age_ns // _PART)
