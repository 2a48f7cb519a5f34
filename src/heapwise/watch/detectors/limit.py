"""The memory that a process may have, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.analysis.growth import GROWING, GrowthWindow, Kind, Verdict
from heapwise.model.watch import Bin, Number, Severity, Sign
from heapwise.units import format_share, format_size, format_span
from heapwise.watch.detectors.base import Level, Settings, each_bin
from heapwise.watch.detectors.to_limit import hours_to_limit, resident_kills
from heapwise.watch.detectors.windows import Windows
from heapwise.watch.history import History
from heapwise.watch.scale import Scale

_BINS = 3

_FAST = GrowthWindow(5, 12, Kind.TREND, 0.20, 0.80, 2, every_minutes=5)
"""What fills a limit within two hours cannot be waited for so long."""

_DRAWN_OUT = 2
"""Growth is not drawn out for longer than so many times the window it was seen in: a cache that
warms up has grown like a line for a while, too."""

_CODE = "limit"
_WORDS = {"live": "live heap", "rss": "resident memory"}


class Limit:
    """The live heap is close to GOMEMLIMIT or the limit of its cgroup, or soon will be.

    Warns where the least of each of three bins is above 90 % of the limit, and where it is on its
    way there for less than a day; pages below two hours. Resident memory counts where a process is
    killed for it. Only growth that is judged as `growing` judges it is drawn out to the limit, and
    for no longer than twice the time it was seen in: a line through any six hours of a healthy
    service meets the limit every morning.
    """

    code = _CODE

    def __init__(self, scale: Scale, settings: Settings) -> None:
        self.every_ns = each_bin(scale)
        self._scale = scale
        self._settings = settings
        self._windows = Windows(scale, (_FAST, *GROWING))
        self._level = Level(settings.limit_share)

    def look(self, history: History, now_ns: int) -> Sign | None:
        """What wakes somebody goes first, then what is, then what may come."""
        coming = self._coming(history, now_ns)
        if coming is not None and coming.severity is Severity.PAGE:
            return coming
        return self._near(history) or coming

    def _near(self, history: History) -> Sign | None:
        bins = history.newest(_BINS)
        if bins is None:
            return None
        names = ("live", "rss") if resident_kills(history) else ("live",)
        found = [(share, name) for name in names if (share := _least_share(bins, name)) is not None]
        if not found:
            return None
        share, name = max(found)
        severity = self._level.at(share)
        if severity is None:
            return None
        what, limit = _WORDS[name], bins[-1].limit or 0.0
        return Sign(
            code=_CODE,
            severity=severity,
            summary=(
                f"the {what} takes {format_share(share)} of its limit of {format_size(limit)}, for "
                f"{format_span(_BINS * history.bin_ns)} at least"
            ),
            numbers=(
                Number(what, getattr(bins[-1], name), "B"),
                Number("limit", limit, "B"),
                Number("share of the limit", share, "share"),
            ),
            wants=("heap",),
        )

    def _coming(self, history: History, now_ns: int) -> Sign | None:
        verdicts = self._windows.look(history, now_ns)
        found = [(hours_to_limit(verdict, history), verdict) for verdict in verdicts]
        near = [
            (hours, verdict)
            for hours, verdict in found
            if hours is not None
            and hours
            < min(self._settings.limit_warn_hours, _DRAWN_OUT * verdict.window.minutes / 60)
        ]
        if not near:
            return None
        hours, verdict = min(near, key=lambda each: each[0])
        page = hours < self._settings.limit_page_hours
        return self._sign(verdict, hours, history, Severity.PAGE if page else Severity.WARN)

    def _sign(self, verdict: Verdict, hours: float, history: History, severity: Severity) -> Sign:
        newest = history.recent[-1]
        left_ns = float(self._scale.ns(hours=hours)) if hours > 0 else 0.0
        when = f"in about {format_span(left_ns)} if it grows on" if left_ns else "and grows on"
        return Sign(
            code=_CODE,
            severity=severity,
            summary=(
                f"the live heap is at its limit of {format_size(newest.limit or 0)} {when}: by "
                f"{format_share(verdict.share)} in the last "
                f"{format_span(self._windows.span_ns(verdict))}"
            ),
            numbers=(
                Number("live heap", newest.live or verdict.end, "B"),
                Number("limit", newest.limit or 0.0, "B"),
                Number("time to the limit", left_ns, "ns"),
                Number("growth an hour", verdict.per_hour / self._scale.factor, "B"),
            ),
            wants=("heap",),
        )


def _least_share(bins: Sequence[Bin], name: str) -> float | None:
    """Of the limit, the least of all bins; None where one of them does not tell."""
    shares: list[float] = []
    for each in bins:
        amount = getattr(each, name)
        if amount is None or not each.limit:
            return None
        shares.append(amount / each.limit)
    return min(shares)
