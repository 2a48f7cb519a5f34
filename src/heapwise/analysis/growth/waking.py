"""When growth wakes somebody: what the floor says, held against what heap profiles say.

A floor that holds is not enough where profiles can be had: a warming cache and a step look like a
leak for a while. Profiles may be wrong as well, of a leak that comes from many paths at once; so
they put a page off, and never for longer than one more window.
"""

from __future__ import annotations

from heapwise.analysis.growth.evidence import Evidence, Says

_DAY_MINUTES = 24 * 60
"""Shorter windows of `GROWING` hold for most caches that warm up, and so do their paths."""

_DOUBLED = 1.0


def wakes(evidence: Evidence | None, window_minutes: float, lasted_minutes: float) -> bool:
    """Whether a sign of a leak is to wake somebody now.

    Args:
        evidence: of the profiles taken since the heap began to grow; None where none can be had.
        window_minutes: of the window of `LEAK` that holds, of an unscaled watcher.
        lasted_minutes: since the sign was first seen, likewise.
    """
    borne_out = evidence is None or evidence.says is Says.LASTING
    return borne_out or lasted_minutes >= window_minutes


def is_leak(evidence: Evidence | None, window_minutes: float, lasted_minutes: float) -> bool:
    """Whether growth that profiles bear out is a leak, before the floor alone would say so.

    It is one that goes on for half a day in a window of a day, or that has doubled the heap since
    it was noticed.

    Args:
        evidence: as for `wakes`.
        window_minutes: of the window of `GROWING` that holds, of an unscaled watcher.
        lasted_minutes: since the sign was first seen, likewise.
    """
    if evidence is None or evidence.says is not Says.LASTING:
        return False
    slow = window_minutes >= _DAY_MINUTES and lasted_minutes >= window_minutes / 2
    return slow or evidence.grown >= _DOUBLED
