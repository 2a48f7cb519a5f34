"""Goroutines, threads and asyncio tasks that never end."""

from __future__ import annotations

from heapwise.analysis.growth import LEAK, Verdict
from heapwise.model.watch import Number, Severity, Sign
from heapwise.units import format_count, format_share, format_span
from heapwise.watch.detectors.base import Settings
from heapwise.watch.detectors.windows import Windows
from heapwise.watch.history import History
from heapwise.watch.scale import Scale


class Tasks:
    """More and more goroutines, or threads and asyncio tasks, whatever the load does.

    The windows of `leak` on the least number of each bin, which leaves out those that come and go
    with requests; and a hundred of them at least, because few are many of next to none.
    """

    code = "tasks"

    def __init__(self, scale: Scale, settings: Settings) -> None:
        self._scale = scale
        self._windows = Windows(scale, LEAK, floor="tasks")
        self._least = settings.tasks_count
        self.every_ns = self._windows.every_ns

    def look(self, history: History, now_ns: int) -> Sign | None:
        """The shortest window that holds and added enough."""
        verdicts = self._windows.look(history, now_ns)
        many = [each for each in verdicts if _added(each) >= self._least]
        if not many:
            return None
        verdict = many[0]
        now = history.recent[-1].tasks or round(verdict.end)
        one = "tasks" if history.runtime == "python" else "goroutines"
        span = format_span(self._windows.span_ns(verdict))
        return Sign(
            code=self.code,
            severity=Severity.WARN,
            summary=(
                f"{format_count(round(_added(verdict)))} more {one} in {span}, "
                f"{format_count(now)} now: {format_share(verdict.share)} more"
            ),
            numbers=(
                Number(one, float(now), "count"),
                Number("added", _added(verdict), "count"),
                Number("growth an hour", verdict.per_hour / self._scale.factor, "count"),
            ),
            wants=("goroutine",),
        )


def _added(verdict: Verdict) -> float:
    return verdict.slope * verdict.window.bins
