"""Lines over time are drawn on the same scales, whatever there is of them."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from timeline_svg import timeline_svg


def polylines(text: str) -> list[list[tuple[float, float]]]:
    """The points of every line of a drawing."""
    found = ET.fromstring(text).iter("{http://www.w3.org/2000/svg}polyline")  # noqa: S314 - ours
    return [
        [
            (float(x), float(y))
            for x, y in (pair.split(",") for pair in each.get("points", "").split())
        ]
        for each in found
    ]


def test_panels_share_their_scales() -> None:
    """Half as much is drawn half as high, and half as long half as far."""
    high, low = polylines(
        timeline_svg([("high", [(0, 0), (10, 1000)]), ("low <&>", [(0, 0), (5, 500)])])
    )
    assert high[0][1] - high[1][1] == 2 * (low[0][1] - low[1][1])
    assert high[1][0] - high[0][0] == 2 * (low[1][0] - low[0][0])


def test_nothing_to_draw_is_drawn_all_the_same() -> None:
    """No points, one point, and a heap that is always empty divide by nothing."""
    for points in ([], [(3.0, 5.0)], [(0.0, 0.0), (1.0, 0.0)]):
        (line,) = polylines(timeline_svg([("x", points)]))
        assert len(line) == len(points)
