"""Draws lines over time, one panel under the other on the same scales, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from heapwise.units import format_size

WIDTH, PANEL, LEFT, GAP = 720, 130, 80, 34
STYLE = 'role="img" font-family="sans-serif" font-size="12"'

Points = Sequence[tuple[float, float]]


def timeline_svg(panels: Sequence[tuple[str, Points]]) -> str:
    """A panel for each title: seconds to the right, bytes upwards.

    Args:
        panels: titles, each with its points.
    """
    points = [point for _, line in panels for point in line] or [(0.0, 1.0)]
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    seconds, size = max(last - first, 1e-9), max(1.0, *(y for _, y in points))
    height = len(panels) * (PANEL + GAP) + 10
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {STYLE}>',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
    ]
    for number, (title, line) in enumerate(panels):
        top = number * (PANEL + GAP) + GAP - 8
        steps = " ".join(
            f"{LEFT + (x - first) / seconds * (WIDTH - LEFT - 20):.1f},"
            f"{top + PANEL * (1 - y / size):.1f}"
            for x, y in line
        )
        drawn += [
            f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{escape(title)}</text>',
            f'<text x="{LEFT - 8}" y="{top + 10}" text-anchor="end">{format_size(size)}</text>',
            f'<text x="{LEFT - 8}" y="{top + PANEL}" text-anchor="end">0</text>',
            f'<path d="M{LEFT} {top}V{top + PANEL}H{WIDTH - 20}" fill="none" stroke="#999"/>',
            f'<polyline points="{steps}" fill="none" stroke="#b3261e" stroke-width="1.5"/>',
        ]
    drawn += [
        f'<text x="{WIDTH - 20}" y="{height - 2}" text-anchor="end">{seconds:.3g} s</text>',
        "</svg>",
    ]
    return "\n".join(drawn) + "\n"
