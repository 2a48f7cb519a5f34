"""Every address of a profile with what it calls: the call graph as it is, nothing left out."""

from __future__ import annotations

from collections import defaultdict

from heapwise.analysis.aggregate import edges
from heapwise.analysis.places import places
from heapwise.analysis.trim import UNTRIMMED, choose, shown_unit
from heapwise.analysis.view import Look
from heapwise.model.calls import CallSite, CallSites


def call_sites(look: Look) -> CallSites:
    """The call sites of a profile.

    Args:
        look: at the granularity ``addresses``.

    Raises:
        ProfileError: a stack is too deep to be counted.
    """
    weighed = look.weighed
    chosen = choose(weighed, UNTRIMMED).nodes
    index = {node: number for number, node in enumerate(chosen)}
    found = edges(look.profile, weighed)
    calls: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for caller, callee, weight in zip(
        found.callers.tolist(), found.callees.tolist(), found.weights.tolist(), strict=True
    ):
        if caller in index and callee in index:
            calls[caller].append((index[callee], int(weight)))
    where = places(look.profile, weighed.nodes)
    return CallSites(
        **look.head() | {"shown_unit": shown_unit(look, chosen, whole=True)},
        sites=tuple(
            CallSite(
                function=where[node].function,
                filename=where[node].filename,
                line=where[node].line,
                address=where[node].address,
                binary=where[node].binary,
                flat=int(weighed.flat[node]),
                callees=tuple(sorted(calls[node], key=lambda call: (-abs(call[1]), call[0]))),
            )
            for node in chosen
        ),
    )
