"""What every source line of some functions weighs, as pprof's list counts it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from heapwise.analysis.places import places
from heapwise.analysis.user_pattern import UserPattern
from heapwise.analysis.view import Look
from heapwise.model.listing import Listing, Routine, SourceLine

_MARGIN = 5  # lines shown before the first and behind the last with a weight


class _Key(NamedTuple):
    function: str
    filename: str


@dataclass(frozen=True, slots=True)
class _Node:
    start_line: int
    line: int
    flat: int
    cum: int

    @property
    def first(self) -> int:
        return self.start_line or self.line - _MARGIN


def listing(look: Look, wanted: UserPattern) -> Listing:
    """The lines of the functions that match.

    Args:
        look: at the granularity ``lines``.
        wanted: pattern of function names.
    """
    routines: dict[_Key, list[_Node]] = defaultdict(list)
    for key, node in _nodes(look):
        if wanted.matches(key.function):
            routines[key].append(node)
    return Listing(
        **look.head(), routines=tuple(_routine(key, routines[key]) for key in sorted(routines))
    )


def _nodes(look: Look) -> Iterator[tuple[_Key, _Node]]:
    """Every line with a weight, and where it stands."""
    weighed = look.weighed
    for number, place in enumerate(places(look.profile, weighed.nodes)):
        flat, cum = int(weighed.flat[number]), int(weighed.cum[number])
        if (flat or cum) and place.symbolised:
            key = _Key(place.function, place.filename)
            yield key, _Node(place.start_line, place.line, flat, cum)


def _routine(key: _Key, nodes: list[_Node]) -> Routine:
    by_line: dict[int, list[_Node]] = defaultdict(list)
    for node in nodes:
        by_line[node.line].append(node)
    return Routine(
        name=key.function,
        filename=key.filename,
        flat=sum(node.flat for node in nodes),
        cum=sum(node.cum for node in nodes),
        first=max(1, min(node.first for node in nodes)),
        last=max(node.line for node in nodes) + _MARGIN,
        lines=tuple(
            SourceLine(number, sum(node.flat for node in found), sum(node.cum for node in found))
            for number, found in sorted(by_line.items())
        ),
    )
