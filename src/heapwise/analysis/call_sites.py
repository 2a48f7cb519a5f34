"""Every address of a profile with what it calls: the call graph as it is, nothing left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from heapwise.analysis.places import Place, places
from heapwise.analysis.shape import GraphShape, TreeShape
from heapwise.analysis.trim import by_weight, unit_for
from heapwise.analysis.view import Look
from heapwise.model.calls import CallSite, CallSites


def call_sites(look: Look, *, call_tree: bool = False) -> CallSites:
    """The call sites of a profile.

    Args:
        look: at the granularity ``addresses``.
        call_tree: every call path has sites of its own.

    Raises:
        ProfileError: there are too many frames or call paths.
    """
    shape = TreeShape.of(look) if call_tree else GraphShape.of(look)
    net = shape.net()
    names, details = look.nodes.names, look.nodes.details
    order = by_weight(
        shape.flat, shape.cum, lambda box: (names[shape.rows[box]], details[shape.rows[box]])
    )
    chosen = sorted(net.nodes, key=order)
    index = {box: number for number, box in enumerate(chosen)}
    of_rows = places(look.profile, look.nodes)
    where = [of_rows[shape.rows[box]] for box in chosen]
    paths = [shape.caller(box) for box in chosen]
    weights = [abs(int(shape.flat[box])) or abs(int(shape.cum[box])) for box in chosen]
    callees = (
        sorted(
            (-abs(link.weight), index[link.callee], int(link.weight))
            for link in net.callees[box].values()
            if link.callee in index
        )
        for box in chosen
    )
    return CallSites(
        **look.head() | {"shown_unit": unit_for(look, weights, whole=True)},
        sites=tuple(
            CallSite(
                function=place.function,
                called=called,
                filename=place.filename,
                line=place.line,
                address=place.address,
                binary=place.binary,
                flat=int(shape.flat[box]),
                callees=tuple((callee, weight) for _, callee, weight in calls),
            )
            for box, place, called, calls in zip(
                chosen, where, _told_apart(where, paths), callees, strict=True
            )
        ),
    )


def _told_apart(where: list[Place], paths: Iterable[int]) -> list[str]:
    """The name of each site's function, numbered where several have one name and file.

    Those are functions of one name, and of a tree the same function on several paths.
    """
    numbers: dict[tuple[str, str], dict[tuple[object, ...], int]] = defaultdict(dict)
    found = []
    for place, path in zip(where, paths, strict=True):
        known = numbers[place.filename, place.function]
        number = known.setdefault((path, place.start_line, place.binary), len(known) + 1)
        found.append((place.function, known, number))
    return [
        f"{function} [{number}/{len(known)}]" if len(known) > 1 else function
        for function, known, number in found
    ]
