"""What bounds a run, and what removing something could gain at most."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.analysis.bottleneck.activities import ALLOCATION, GC
from heapwise.analysis.bottleneck.classify import classify
from heapwise.analysis.bottleneck.measured import Measured, measure
from heapwise.model.tail import Bottleneck, Bound

__all__ = ["bottleneck", "measure"]

LEAST_SHARE = 0.02
MOST_BOUNDS = 6


def bottleneck(known: Measured) -> Bottleneck:
    """What bounds a run.

    Args:
        known: what `measure` found of it.
    """
    kind, why = classify(known)
    return Bottleneck(
        kind=kind,
        why=why,
        cpu_share=known.cpu_share,
        shares=known.shares,
        bounds=tuple(_bounds(known)),
    )


def _bounds(known: Measured) -> Iterable[Bound]:
    """Amdahl's law with the rest unchanged: a path of share s, removed, leaves 1 - s.

    The shares overlap: what an owner allocates is in its own share and in that of all garbage.
    """
    candidates = dict(known.owners)
    collecting, making = known.shares.get(GC), known.shares.get(ALLOCATION)
    if making is not None:
        candidates["all garbage: allocating and collecting it"] = making + (collecting or 0.0)
    elif collecting is not None or known.gc_share is not None:
        share = collecting if collecting is not None else known.gc_share
        candidates["collecting garbage"] = share or 0.0
    largest = sorted(candidates.items(), key=lambda item: (-item[1], item[0]))[:MOST_BOUNDS]
    for name, share in largest:
        if LEAST_SHARE <= share < 1.0:
            yield Bound(name=name, share=share, at_most=1.0 / (1.0 - share))
