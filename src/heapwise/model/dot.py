"""A call graph as it is drawn: boxes, what hangs on them, and lines between them."""

from __future__ import annotations

import msgspec

from heapwise.model.tables import Ranking


class Nodelet(msgspec.Struct, frozen=True, kw_only=True):
    """A small box that says which part of a box's weight comes with a label.

    Attributes:
        number: among its siblings; those without weight have one too, and are left out.
        text: labels as ``key:value``; or one size, or a range of sizes.
        labelled: it says labels, not a size.
        weight: of the box itself, or at a leaf with everything below it.
        dotted: the weight is in part that of nodes that are left out.
        inside: of the samples with these labels, their object sizes.
    """

    number: int
    text: tuple[str, ...]
    labelled: bool
    weight: int
    dotted: bool = False
    inside: tuple[Nodelet, ...] = ()


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the graph.

    Attributes:
        name: in one line.
        address: part of the name; empty where rows are none by address.
        function: part of the name; empty where it is not known.
        place: part of the name: a file, a line of it, or what is shown instead of any name.
        flat: its own weight.
        cum: with everything it called.
        nodelets: heaviest first; those with labels, then those without.
    """

    name: str
    address: str
    function: str
    place: str
    flat: int
    cum: int
    nodelets: tuple[Nodelet, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one box calls of another.

    Attributes:
        caller: index of a box.
        callee: index of a box.
        inline: all of these calls were inlined.
        residual: between the two stood nodes that are left out.
    """

    caller: int
    callee: int
    weight: int
    inline: bool
    residual: bool


class Drawing(Ranking, frozen=True, kw_only=True):
    """A call graph, or a tree of call paths.

    Attributes:
        boxes: the most telling ones first.
        lines: heaviest first.
        dropped_calls: lines left out because they weigh less than `lightest_call`.
        lightest_call: as an amount.
    """

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    dropped_calls: int
    lightest_call: int
