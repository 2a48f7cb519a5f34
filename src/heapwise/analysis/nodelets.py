"""The small boxes that hang on a node of a drawn call graph: its labels and object sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from heapwise.analysis.node_labels import NodeLabels, Part
from heapwise.formats.measurement import label
from heapwise.model.dot import Nodelet

MOST_NODELETS = 4
"""Of each kind, at one place."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A size, or several of them, with its weight; `value` as in `Part`."""

    text: str
    flat: int
    cum: int
    value: int


def nodelets(labels: NodeLabels, unit: str, *, is_leaf: bool) -> tuple[Nodelet, ...]:
    """The nodelets of one node.

    Args:
        labels: the parts of its weight.
        unit: of the sizes.
        is_leaf: it calls nothing that is drawn, so that all its weight is shown, with that of what
            it called; of other nodes only their own.
    """
    heaviest = sorted(
        labels.texts.items(), key=lambda item: _heaviest(item[1], item[0], is_leaf=is_leaf)
    )
    found = []
    for number, (texts, part) in enumerate(heaviest[:MOST_NODELETS]):
        weight = part.cum if is_leaf else part.flat
        if weight:
            shown = tuple(text.decode("utf-8", "replace") for text in texts)
            inside = _sizes(labels.sizes.get(texts, {}), unit, is_leaf=is_leaf)
            found.append(
                Nodelet(number=number, text=shown, labelled=True, weight=weight, inside=inside)
            )
    return (*found, *_sizes(labels.sizes.get((), {}), unit, is_leaf=is_leaf))


def room_for(labels: NodeLabels) -> int:
    """Boxes that a node takes up besides its own, at a guess."""
    parts = [*labels.texts.values()]
    parts += [part for of_set in labels.sizes.values() for part in of_set.values()]
    return min(sum(part.flat != 0 for part in parts), MOST_NODELETS)


def _sizes(parts: Mapping[str, Part], unit: str, *, is_leaf: bool) -> tuple[Nodelet, ...]:
    """A nodelet a size, or a range of sizes where there are many."""
    found = []
    for number, size in enumerate(_collapsed(parts, unit, is_leaf=is_leaf)):
        own = not is_leaf or size.flat == size.cum
        weight = size.flat if own else size.cum
        if weight:
            found.append(
                Nodelet(
                    number=number, text=(size.text,), labelled=False, weight=weight, dotted=not own
                )
            )
    return tuple(found)


def _collapsed(parts: Mapping[str, Part], unit: str, *, is_leaf: bool) -> list[_Named]:
    """The sizes, heaviest first; each of those there is no room for joins the nearest of them."""
    sizes = _sorted((_Named(text, *part) for text, part in parts.items()), is_leaf=is_leaf)
    if len(sizes) <= MOST_NODELETS:
        return sizes
    groups = [[size] for size in sizes[:MOST_NODELETS]]
    for size in sizes[MOST_NODELETS:]:
        min(groups, key=lambda group: abs(group[0].value - size.value)).append(size)
    return _sorted((_joined(group, unit) for group in groups), is_leaf=is_leaf)


def _joined(group: list[_Named], unit: str) -> _Named:
    least, most = (pick(size.value for size in group) for pick in (min, max))
    text = label(least, unit) if len(group) == 1 else f"{label(least, unit)}..{label(most, unit)}"
    return _Named(text, sum(size.flat for size in group), sum(size.cum for size in group), least)


def _sorted(sizes: Iterable[_Named], *, is_leaf: bool) -> list[_Named]:
    return sorted(sizes, key=lambda size: _heaviest(size, size.text, is_leaf=is_leaf))


def _heaviest(part: Part | _Named, text: object, *, is_leaf: bool) -> tuple[int, int, object]:
    return -abs(part.cum) if is_leaf else 0, -abs(part.flat), text
