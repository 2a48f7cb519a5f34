"""What the two detectors of a growing live heap have in common."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.analysis.growth import GROWING, LEAK, GrowthWindow, Verdict
from heapwise.model.watch import Number, Severity, Sign
from heapwise.units import format_share, format_size, format_span
from heapwise.watch.detectors.base import Settings
from heapwise.watch.detectors.to_limit import hours_to_limit
from heapwise.watch.detectors.windows import Windows
from heapwise.watch.history import History
from heapwise.watch.scale import Scale


class LiveGrowth:
    """The live heap grows on and on, and more than the load does.

    Attributes:
        code: of the sign.
        every_ns: how often it wants to be asked.
    """

    def __init__(
        self, code: str, severity: Severity, scale: Scale, windows: Sequence[GrowthWindow]
    ) -> None:
        self.code = code
        self._severity = severity
        self._scale = scale
        self._windows = Windows(scale, windows)
        self.every_ns = self._windows.every_ns

    def look(self, history: History, now_ns: int) -> Sign | None:
        """The window that holds and asks for the most growth tells."""
        verdicts = self._windows.look(history, now_ns)
        if not verdicts:
            return None
        verdict = verdicts[0]
        # Profiles put a page off by the shortest window, and bear growth out by the longest.
        weighed = verdict if self._severity is Severity.PAGE else verdicts[-1]
        live = history.recent[-1].live or verdict.end
        hours = hours_to_limit(verdict, history)
        left_ns = None if hours is None else self._scale.ns(hours=hours) if hours else 0
        return Sign(
            code=self.code,
            severity=self._severity,
            summary=self._summary(verdict, live, left_ns),
            numbers=self._numbers(verdict, live, left_ns),
            wants=("heap",),
            window_minutes=weighed.window.minutes,
        )

    def _summary(self, verdict: Verdict, live: float, left_ns: int | None) -> str:
        span = format_span(self._windows.span_ns(verdict))
        added = verdict.slope * verdict.window.bins
        said = (
            f"the live heap grew by {format_share(verdict.share)} in {span}: {format_size(added)} "
            f"more, {format_size(live)} now"
        )
        if verdict.load > 0:
            said += f"; the load accounts for {format_share(verdict.load)}"
        if left_ns == 0:
            said += "; it is at its limit"
        elif left_ns is not None:
            said += f"; at its limit in about {format_span(left_ns)} if it goes on"
        return said

    def _numbers(self, verdict: Verdict, live: float, left_ns: int | None) -> tuple[Number, ...]:
        numbers = (
            Number("live heap", live, "B"),
            Number("growth", verdict.share, "share"),
            Number("growth an hour", verdict.per_hour / self._scale.factor, "B"),
            Number("growth by load", verdict.load, "share"),
            Number("window", float(self._windows.span_ns(verdict)), "ns"),
        )
        if left_ns is None:
            return numbers
        return (*numbers, Number("time to the limit", float(left_ns), "ns"))


class Leak(LiveGrowth):
    """The live heap grows so much, so steadily and for so long that somebody is woken.

    Windows of 2, 12, 24 and 72 hours, each of which has to hold several times in a row. Where heap
    profiles can be had, the page waits for a call path that bears it out; for one more window at
    most.
    """

    def __init__(self, scale: Scale, _: Settings) -> None:
        super().__init__("leak", Severity.PAGE, scale, LEAK)


class Growing(LiveGrowth):
    """The live heap grows, by a leak or as a cache that warms up: heap profiles tell.

    Windows of 2, 6, 24 and 72 hours that ask for less than those of `leak`. Nobody is called
    before heap profiles show a path that goes on for half a day, or the heap has doubled; that the
    limit is near is for `limit` to say.
    """

    def __init__(self, scale: Scale, _: Settings) -> None:
        super().__init__("growing", Severity.CAPTURE, scale, GROWING)
