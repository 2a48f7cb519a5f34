"""The call graph as pprof draws it: which boxes and lines tell most, and what hangs on boxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from heapwise.analysis.call_net import CallNet, Link
from heapwise.analysis.entropy import entropy_score
from heapwise.analysis.node_labels import NodeLabels, node_labels
from heapwise.analysis.nodelets import nodelets, room_for
from heapwise.analysis.places import places
from heapwise.analysis.shape import GraphShape, Shape, TreeShape
from heapwise.analysis.trim import Trim, cutoffs, unit_for
from heapwise.analysis.view import Look
from heapwise.model.dot import Box, Drawing, Line

_NONE = NodeLabels()

Labels = Mapping[int, NodeLabels]


def drawing(look: Look, trim: Trim, *, call_tree: bool = False) -> Drawing:
    """Choose what of a call graph is drawn.

    Args:
        look: at the profile.
        trim: how much of it; boxes are chosen by what they tell, whatever its order.
        call_tree: a box for every call path, not one for a node.

    Raises:
        ProfileError: there are too many frames or call paths.
    """
    shape = TreeShape.of(look) if call_tree else GraphShape.of(look)
    there = shape.there
    least, lightest_call = cutoffs(shape.flat[there], trim)
    heavy = [box for box in there if abs(shape.cum[box]) >= least]
    net = shape.narrowed(shape.net(), heavy)
    labels: Labels = {}
    if len(look.profile.labels):
        labels = node_labels(look, shape.places(), shape.mask(heavy), least)
    net.nodes = _by_entropy(shape, net)
    if trim.nodecount > 0:
        net.drop_light(lightest_call)
        shown = net.nodes[: _room(net.nodes, labels, trim.nodecount)]
        if len(shown) < len(net.nodes):
            net = shape.narrowed(net, shown)
            net.nodes = _by_entropy(shape, net)
    dropped_calls = net.drop_light(lightest_call)
    net.drop_redundant(lambda link: _heaviest(shape, link))
    weights = [abs(int(shape.flat[box])) or abs(int(shape.cum[box])) for box in net.nodes]
    return Drawing(
        **look.head() | {"shown_unit": unit_for(look, weights)},
        sorted_by="entropy",
        dropped=len(there) - len(net.nodes),
        light=len(there) - len(heavy),
        cutoff=abs(int(look.total * trim.nodefraction)),
        dropped_calls=dropped_calls,
        lightest_call=abs(int(look.total * trim.edgefraction)),
        boxes=tuple(_boxes(shape, net, labels)),
        lines=tuple(_lines(shape, net)),
    )


def _by_entropy(shape: Shape, net: CallNet) -> list[int]:
    """The boxes, those first that tell most."""
    names, details = shape.look.nodes.names, shape.look.nodes.details

    def key(box: int) -> tuple[int, bytes, int, bytes]:
        row, flat = shape.rows[box], int(shape.flat[box])
        score = entropy_score(net, box, flat, int(shape.cum[box]))
        return -score, names[row], -abs(flat), details[row]

    return sorted(net.nodes, key=key)


def _room(boxes: list[int], labels: Labels, nodecount: int) -> int:
    """How many boxes there is room for, if nodelets need room as well."""
    taken = 0
    for count, box in enumerate(boxes, 1):
        taken += 1 + room_for(labels.get(box, _NONE))
        if taken >= nodecount:
            return count
    return nodecount


def _heaviest(shape: Shape, link: Link) -> tuple[int, bytes, bytes]:
    """Heaviest first, then by name."""
    names, rows = shape.look.nodes.names, shape.rows
    return -abs(link.weight), names[rows[link.caller]], names[rows[link.callee]]


def _boxes(shape: Shape, net: CallNet, labels: Labels) -> Iterable[Box]:
    look = shape.look
    where = places(look.profile, look.nodes)
    by_file, by_address = (
        look.query.granularity == granularity for granularity in ("files", "addresses")
    )
    for box in net.nodes:
        row = int(shape.rows[box])
        name = look.nodes.names[row].decode("utf-8", "replace")
        # A name joins what is known of address, function and place.
        address = name[:16] if by_address and where[row].address else ""
        function = "" if by_file else where[row].function
        rest = name.removeprefix(address).lstrip(" ") if address else name
        yield Box(
            name=name,
            address=address,
            function=function,
            place=rest.removeprefix(function).removeprefix(" "),
            flat=int(shape.flat[box]),
            cum=int(shape.cum[box]),
            nodelets=nodelets(
                labels.get(box, _NONE), look.units.get("bytes", ""), is_leaf=not net.callees[box]
            ),
        )


def _lines(shape: Shape, net: CallNet) -> Iterable[Line]:
    number = {box: number for number, box in enumerate(net.nodes)}
    for link in sorted(net.links(), key=lambda link: _heaviest(shape, link)):
        yield Line(
            caller=number[link.caller],
            callee=number[link.callee],
            weight=int(link.weight),
            inline=link.inline,
            residual=link.residual,
        )
