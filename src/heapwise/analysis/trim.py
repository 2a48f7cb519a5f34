"""Which nodes of a profile a view shows, in which order and in which unit, as pprof decides it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from heapwise.analysis.aggregate import Weighed
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
    whole = int(weighed.flat[there].sum()) if len(there) else 0
    least = abs(int(whole * trim.nodefraction))
    heavy = there[np.abs(weighed.cum[there]) >= least].tolist()
    ordered = sorted(heavy, key=_order(weighed, trim.sort))
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
        lightest_call=abs(int(whole * trim.edgefraction)),
    )


def shown_unit(look: Look, nodes: list[int], *, whole: bool = False) -> str:
    """The unit in which all amounts of a ranking are printed.

    Unless the query asks for one, it suits the smallest weight of a node; where that is far below
    the total, a hundred times the smallest, unless only whole numbers can be printed.
    """
    wanted, unit = look.query.unit, look.sample_type.unit
    if wanted != AUTOMATIC or not nodes:
        return wanted
    weighed = look.weighed
    weights = (abs(int(weighed.flat[node])) or abs(int(weighed.cum[node])) for node in nodes)
    amounts = Amounts(unit, ratio=1 / look.query.divide_by)
    least = amounts.times(min(filter(None, weights), default=look.total))
    most = amounts.times(look.total)
    chosen, unit_of_most = scale(least, unit, AUTOMATIC)[1], scale(most, unit, AUTOMATIC)[1]
    if not whole and chosen != unit_of_most and least * 100 < most:
        chosen = scale(100 * least, unit, AUTOMATIC)[1]
    return chosen or unit


def _order(weighed: Weighed, sort: Sort) -> Callable[[int], tuple[int, bytes, int, bytes]]:
    """Where two weights are equal, pprof looks at the names before it looks at the other weight."""
    names, details = weighed.nodes.names, weighed.nodes.details
    first, second = (
        (weighed.flat, weighed.cum) if sort == "flat" else (weighed.cum, weighed.flat)
    )  # fmt: skip
    one, other = np.abs(first).tolist(), np.abs(second).tolist()
    return lambda node: (-one[node], names[node], -other[node], details[node])
