"""Which nodes of a profile a view shows, in which order and in which unit, as pprof decides it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from heapwise.analysis.aggregate import Weighed, Weights
from heapwise.analysis.granularity import Bools
from heapwise.analysis.view import Look
from heapwise.formats.measurement import AUTOMATIC, Amounts, scale

Sort = Literal["flat", "cum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """How much of a call graph is shown.

    Attributes:
        nodecount: most nodes; 0 is no limit.
        nodefraction: nodes whose cum is below this share of the sum of all flat are left out.
        edgefraction: the same for the weight of calls.
        sort: by own weight or by cumulative weight; names decide ties.
    """

    nodecount: int = 0
    nodefraction: float = 0.005
    edgefraction: float = 0.001
    sort: Sort = "flat"


UNTRIMMED = Trim(nodefraction=0, edgefraction=0)


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The nodes that are shown.

    Attributes:
        nodes: heaviest first.
        kept: bool per node where any was left out, else None: weightless nodes count as well then.
        dropped: nodes left out.
        light: those of them below the fraction.
        lightest_call: weight below which calls are left out.
    """

    nodes: list[int]
    kept: Bools | None
    dropped: int
    light: int
    lightest_call: int


def choose(weighed: Weighed, trim: Trim) -> Chosen:
    """Choose and sort nodes."""
    there = np.flatnonzero((weighed.flat != 0) | (weighed.cum != 0))
    least, lightest_call = cutoffs(weighed.flat[there], trim)
    heavy = there[np.abs(weighed.cum[there]) >= least].tolist()
    names, details = weighed.nodes.names, weighed.nodes.details
    first, second = weighed.flat, weighed.cum
    if trim.sort == "cum":
        first, second = second, first
    order = by_weight(first, second, lambda node: (names[node], details[node]))
    ordered = sorted(heavy, key=order)
    shown = ordered[: trim.nodecount] if trim.nodecount > 0 else ordered
    kept = None
    if len(shown) < len(there):
        kept = np.zeros(len(weighed.flat), bool)
        kept[shown] = True
    return Chosen(
        nodes=shown,
        kept=kept,
        dropped=len(there) - len(shown),
        light=len(there) - len(heavy),
        lightest_call=lightest_call,
    )


def cutoffs(flat: Weights, trim: Trim) -> tuple[int, int]:
    """The weights below which nodes and calls are left out; ``flat`` are those of all nodes."""
    whole = int(flat.sum()) if len(flat) else 0
    return abs(int(whole * trim.nodefraction)), abs(int(whole * trim.edgefraction))


def shown_unit(look: Look, nodes: list[int], *, whole: bool = False) -> str:
    """The unit in which all amounts of a ranking are printed."""
    flat, cum = look.weighed.flat, look.weighed.cum
    weights = [abs(int(flat[node])) or abs(int(cum[node])) for node in nodes]
    return unit_for(look, weights, whole=whole)


def unit_for(look: Look, weights: Sequence[int], *, whole: bool = False) -> str:
    """The unit that suits the weights of nodes, unless the query asks for one.

    It suits the smallest; where that is far below the total, a hundred times the smallest, unless
    only whole numbers can be printed.
    """
    wanted, unit = look.query.unit, look.sample_type.unit
    if wanted != AUTOMATIC or not weights:
        return wanted
    amounts = Amounts(unit, ratio=1 / look.query.divide_by)
    least = amounts.times(min(filter(None, weights), default=look.total))
    most = amounts.times(look.total)
    chosen, unit_of_most = scale(least, unit, AUTOMATIC)[1], scale(most, unit, AUTOMATIC)[1]
    if not whole and chosen != unit_of_most and least * 100 < most:
        chosen = scale(100 * least, unit, AUTOMATIC)[1]
    return chosen or unit


def by_weight(
    first: Weights, second: Weights, name: Callable[[int], tuple[bytes, bytes]]
) -> Callable[[int], tuple[int, bytes, int, bytes]]:
    """A key that sorts nodes by one weight, then by name, and only then by another, as pprof's.

    ``name`` gives a node's name and what orders nodes of that name.
    """
    one, other = np.abs(first).tolist(), np.abs(second).tolist()

    def key(node: int) -> tuple[int, bytes, int, bytes]:
        shown, detail = name(node)
        return -one[node], shown, -other[node], detail

    return key
