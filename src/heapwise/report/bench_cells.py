"""The words of a benchmark table's cells, the same in every format."""

from __future__ import annotations

import math

from heapwise.model.bench import Summary, Total, Versus
from heapwise.report.bench_scale import fixed

GEOMEAN = "geomean"


def spread(summary: Summary) -> str:
    """How far the interval reaches from the centre, in percent: ``2%``, ``∞``, or ``?``."""
    low, center, high = summary.low, summary.center, summary.high
    if math.isinf(low) or math.isinf(high):
        return "∞"
    if not _sign(low) == _sign(center) == _sign(high):
        return "?"
    if center == 0:
        return "0%"
    return f"{fixed(100 * max(high / center - 1, 1 - low / center), 0)}%"


def change(versus: Versus) -> str:
    """The relative change, or ``~`` where it may be noise, or ``?`` for a multiple of 0."""
    if versus.p > versus.alpha:
        return "~"
    if versus.delta is None:
        return "?"
    return f"{fixed(versus.delta * 100, 2, '+')}%" if versus.delta else "0.00%"


def test(versus: Versus) -> str:
    """The p-value and the numbers of values: ``p=0.002 n=6``."""
    p = f"p={versus.p:.3f} " if versus.p else ""
    sizes = f"{versus.n}" if versus.n == versus.n_base else f"{versus.n_base}+{versus.n}"
    return f"{p}n={sizes}"


def total_change(total: Total) -> str:
    """The geometric mean of the ratios as a relative change, or ``?``."""
    return "?" if total.ratio is None else f"{fixed((total.ratio - 1) * 100, 2, '+')}%"


def _sign(value: float) -> float:
    return value if math.isnan(value) else float((value > 0) - (value < 0))
