"""A window that says so once may be wrong; one that goes on saying so is believed."""

from __future__ import annotations

from collections import deque

from heapwise.analysis.growth.trend import Verdict


class Persistent:
    """The evaluations of one window of one process.

    Feed it every evaluation. A restart of the process needs a new one, or `reset`.
    """

    def __init__(self) -> None:
        self._held = 0
        self._slopes: deque[float] = deque()

    def add(self, verdict: Verdict) -> bool:
        """Whether the window has now held as often in a row as it has to, and did not slow down."""
        window = verdict.window
        self._held = self._held + 1 if verdict.holds else 0
        before = self._slopes.popleft() if len(self._slopes) == window.looks_back else None
        self._slopes.append(verdict.slope)
        if self._held < window.holds:
            return False
        return not window.steady or (before is not None and verdict.slope > window.steady * before)

    def reset(self) -> None:
        """Nothing is known: the process is another one, or the window has holes."""
        self._held = 0
        self._slopes.clear()
