"""What the charts of a service draw: its bins on one grid, and what happened meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from heapwise.model.report import Series
from heapwise.model.watch import Bin
from heapwise.units import NS_PER_S

BIN_MINUTES = 5.0
"""How long the bins of a watcher are, unless it asks less often."""

MOST_POINTS = 720
"""Of a line: more do not fit the pixels of a chart."""

_MOST_LINES = 8
"""Instances with a line of their own; of more, the least, the median and the most are drawn."""

_NEAR_LIMIT = 4.0
"""A limit further away than that many times the live heap would press its line to the floor."""


def spacing(bins: Iterable[Sequence[Bin]], least_ns: int) -> int:
    """How far apart bins are, ns: a target that is asked less often than that has longer ones.

    The median, since a restart may begin a bin soon after the last one, and a pause of the watcher
    much later.
    """
    gaps = [b.begin_ns - a.begin_ns for each in bins for a, b in pairwise(each)]
    return max(least_ns, round(median(gaps))) if gaps else least_ns


class Grid(NamedTuple):
    """Equal steps of time.

    Attributes:
        begin_ns: of the first.
        step_ns: of each.
        steps: how many.
    """

    begin_ns: int
    step_ns: int
    steps: int

    @classmethod
    def over(cls, begin_ns: int, end_ns: int, bin_ns: int) -> Grid:
        """A grid of whole bins that is fine enough for a chart."""
        span = max(end_ns - begin_ns, bin_ns)
        bins_a_step = -(-span // (bin_ns * MOST_POINTS))
        step = bins_a_step * bin_ns
        return cls(begin_ns, step, -(-span // step))

    @property
    def seconds(self) -> list[float]:
        """The middle of each step, seconds since the begin."""
        return [(at + 0.5) * self.step_ns / NS_PER_S for at in range(self.steps)]


Line = list[float | None]


@dataclass(frozen=True, slots=True)
class _Chart:
    """How a chart is made of bins: what is taken of one, and how several become one."""

    kind: str
    unit: str
    of: Callable[[Bin], float | None]
    joined: Callable[[list[float]], float]


def _per_work(each: Bin) -> float | None:
    return each.allocated / each.work if each.allocated is not None and each.work else None


_CHARTS = (
    _Chart("live", "B", lambda each: each.live, min),  # never a mean: see `Bin.live`
    _Chart("gc", "share", lambda each: each.gc_share, fmean),
    _Chart("pauses", "ns", lambda each: each.pause_p99_ns, max),
    _Chart("work", "B", _per_work, fmean),
    _Chart("allocated", "B", lambda each: each.allocated, fmean),
    _Chart("tasks", "count", lambda each: each.tasks, min),
)
_LONGEST = _Chart("longest", "ns", lambda each: each.pause_max_ns, max)
_LIMIT = _Chart("limit", "B", lambda each: each.limit, min)


def charts(bins: Iterable[tuple[str, Sequence[Bin]]], grid: Grid) -> dict[str, list[Series]]:
    """The lines of every chart that has any.

    Args:
        bins: the name of each instance and its bins; of one after the other, as all are too many.
        grid: to draw on; x is seconds since its begin.
    """
    lines: dict[str, dict[str, Line]] = {chart.kind: {} for chart in _CHARTS}
    drawn: dict[str, list[Series]] = {}
    count = 0
    last: Sequence[Bin] = ()
    for name, last in bins:
        count += 1
        for chart in _CHARTS:
            line = _line(chart, last, grid)
            if _has_any(line):
                lines[chart.kind][name] = line
    for chart in _CHARTS:
        if known := lines[chart.kind]:
            shown = known if len(known) <= _MOST_LINES else _spread(known)
            drawn[chart.kind] = [_series(name, chart.unit, shown[name], grid) for name in shown]
    if count == 1:
        _add_details(drawn, last, grid)
    return drawn


def least_coverage(bins: Iterable[Sequence[Bin]]) -> float | None:
    """The smallest share of pauses that were seen in any bin; None where none is known."""
    shares = [each.coverage for one in bins for each in one if each.coverage is not None]
    return min(shares, default=None)


def _add_details(drawn: dict[str, list[Series]], bins: Sequence[Bin], grid: Grid) -> None:
    """What would be too much for several instances: the longest pause, and the limit."""
    longest = _line(_LONGEST, bins, grid)
    if "pauses" in drawn and _has_any(longest):
        drawn["pauses"].append(_series("longest", "ns", longest, grid))
    limit = _line(_LIMIT, bins, grid)
    highest = max((each.live for each in bins if each.live is not None), default=0.0)
    known = [each for each in limit if each is not None]
    if "live" in drawn and known and max(known) <= _NEAR_LIMIT * highest:
        drawn["live"].append(_series("limit", "B", limit, grid))


def _line(chart: _Chart, bins: Sequence[Bin], grid: Grid) -> Line:
    cells: list[list[float]] = [[] for _ in range(grid.steps)]
    for each in bins:
        at = (each.begin_ns - grid.begin_ns) // grid.step_ns
        value = chart.of(each)
        if value is not None and 0 <= at < grid.steps:
            cells[at].append(float(value))
    return [chart.joined(cell) if cell else None for cell in cells]


def _spread(lines: Mapping[str, Line]) -> dict[str, Line]:
    """Three lines that stand for many."""
    columns = [
        [each for each in column if each is not None]
        for column in zip(*lines.values(), strict=True)
    ]
    return {
        name: [of(column) if column else None for column in columns]
        for name, of in (("most", max), ("median", median), ("least", min))
    }


def _has_any(line: Line) -> bool:
    return any(each is not None for each in line)


def _series(name: str, unit: str, line: Line, grid: Grid) -> Series:
    return Series(name=name, unit=unit, x=tuple(grid.seconds), y=tuple(line))
