"""Call paths before and after as one icicle: as wide as the larger side, coloured by the change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from heapwise.model.comparison import PathChange

ROW = 20
"""Height of a frame, pixels."""

_DEEPEST = 40
_LEAST = 1e-3
"""Bytes per unit of work; with less there is nothing to draw."""

_NARROWEST = 0.15
"""Per cent of the width; what is narrower cannot be seen and is left out."""


class Box(NamedTuple):
    """One frame.

    Attributes:
        x: left edge, per cent.
        y: top edge, pixels.
        width: per cent.
        name: of the function.
        before: bytes per unit of work below this frame.
        after: the same.
        shade: from -1, all of it is gone, to 1, all of it is new.
    """

    x: float
    y: int
    width: float
    name: str
    before: float
    after: float
    shade: float


class Icicle(NamedTuple):
    """All frames, and how high one and all together stand, pixels."""

    boxes: tuple[Box, ...]
    height: int
    row: int = ROW


@dataclass(slots=True)
class _Node:
    before: float = 0.0
    after: float = 0.0
    width: float = 0.0
    children: dict[str, _Node] = field(default_factory=dict)


def icicle(paths: Iterable[PathChange]) -> Icicle:
    """Lay the paths out from the owner downwards, the widest first."""
    root = _Node()
    for change in paths:
        before, after = max(0.0, change.before), max(0.0, change.after)
        node = root
        node.width += max(before, after)
        for name in change.path[:_DEEPEST]:
            node = node.children.setdefault(name, _Node())
            node.before += before
            node.after += after
            node.width += max(before, after)
    boxes: list[Box] = []
    if root.width >= _LEAST:
        _lay_out(root, 0.0, 0, 100 / root.width, boxes)
    return Icicle(tuple(boxes), max((box.y + ROW for box in boxes), default=0))


def _lay_out(node: _Node, x: float, depth: int, scale: float, boxes: list[Box]) -> None:
    ordered = sorted(node.children.items(), key=lambda item: -item[1].width)
    for name, child in ordered:
        width = child.width * scale
        if width < _NARROWEST:
            return
        boxes.append(
            Box(
                x=round(x, 3),
                y=depth * ROW,
                width=round(width, 3),
                name=name,
                before=child.before,
                after=child.after,
                shade=round((child.after - child.before) / max(child.after, child.before), 3),
            )
        )
        _lay_out(child, x, depth + 1, scale, boxes)
        x += width
