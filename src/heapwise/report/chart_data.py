"""What the scripts of pages draw, as they read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heapwise.model.report import Series
from heapwise.names import visible


def chart_lines(series: Sequence[Series]) -> list[dict[str, Any]]:
    """Lines of a chart; names are made visible here, since no template prints them."""
    return [
        {
            "name": visible(each.name),
            "unit": each.unit,
            "x": [short(x) for x in each.x],
            "y": [None if y is None else short(y) for y in each.y],
        }
        for each in series
    ]


def short(number: float) -> float:
    """Seven digits are finer than any pixel; the other ten would be most of the file."""
    return float(f"{number:.7g}")
