"""Growth windows of one history: which are due, which hold, and have held for long enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from heapwise.analysis.growth import GrowthWindow, Persistent, Verdict, judge
from heapwise.watch.history import History
from heapwise.watch.scale import Scale


@dataclass(slots=True)
class _Watched:
    window: GrowthWindow
    persistent: Persistent = field(default_factory=Persistent)
    due_ns: int = 0
    verdict: Verdict | None = None
    """The last one, if it held for long enough."""
    known_ns: int = 0
    """When the window was last judged by enough bins."""


class Windows:
    """Judges the windows of a severity as often as each of them asks for.

    Args:
        scale: of their lengths.
        windows: shortest first.
        floor: of the history, that is to be judged.
    """

    def __init__(self, scale: Scale, windows: Sequence[GrowthWindow], floor: str = "live") -> None:
        self._scale = scale
        self._floor = floor
        self._watched = [_Watched(window) for window in windows]
        self.every_ns = scale.ns(minutes=min(window.every_minutes for window in windows))

    def look(self, history: History, now_ns: int) -> tuple[Verdict, ...]:
        """The last verdict of each window that has held as often as it has to, shortest first.

        Where too many bins of a window are unknown its verdict stays, for as long as it takes to
        have others.
        """
        for each in self._watched:
            if now_ns >= each.due_ns:
                each.due_ns = now_ns + self._scale.ns(minutes=each.window.every_minutes)
                each.verdict = self._judged(each, history, now_ns)
        return tuple(each.verdict for each in self._watched if each.verdict is not None)

    def span_ns(self, verdict: Verdict) -> int:
        """How long the window of a verdict is."""
        return self._scale.ns(minutes=verdict.window.minutes)

    def _judged(self, watched: _Watched, history: History, now_ns: int) -> Verdict | None:
        window = watched.window
        series = history.series(window.bin_minutes, window.bins, self._floor)
        if series is None:
            watched.persistent.reset()
            return None
        verdict = judge(*series, window)
        known = math.isfinite(verdict.slope)
        if known:
            watched.known_ns = now_ns
        unknown_ns = now_ns - watched.known_ns
        if not known and watched.verdict and unknown_ns < self._scale.ns(minutes=window.minutes):
            return watched.verdict  # a while without answers is not the end of what was seen
        return verdict if watched.persistent.add(verdict) else None
