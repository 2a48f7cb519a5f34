"""How long it takes until a limit is reached, if the live heap grows on as it does."""

from __future__ import annotations

from heapwise.analysis.growth import Verdict
from heapwise.model.watch import Bin
from heapwise.watch.history import History

_FAR_HOURS = 10 * 365 * 24.0
"""A limit that is further away is none. Of next to no growth it is farther than can be counted."""


def resident_kills(history: History) -> bool:
    """True where the limit is one that resident memory is killed for.

    Not where GOMEMLIMIT lies below it: there the runtime keeps resident memory close to that limit
    on purpose, and what does not fit is the live heap.
    """
    last = history.last
    if last is None or last.hard_limit is None or last.limit is None:
        return False
    return last.hard_limit <= last.limit


def hours_to_limit(verdict: Verdict, history: History) -> float | None:
    """Hours, of an unscaled watcher; None where no limit is known, or it is years away.

    Where resident memory counts, it is taken to grow as the live heap does: at GOGC=100 a process
    has twice its live heap before the next cycle ends.

    Args:
        verdict: of a window of the live heap that holds.
        history: the same.
    """
    newest = history.recent[-1] if history.recent else None
    if newest is None or newest.limit is None:
        return None
    hours = verdict.hours_to(newest.limit * _share_of_live(newest, history), newest.live)
    return hours if hours is not None and hours < _FAR_HOURS else None


def _share_of_live(newest: Bin, history: History) -> float:
    if not resident_kills(history) or not newest.live or not newest.rss:
        return 1.0
    return min(1.0, newest.live / newest.rss)
