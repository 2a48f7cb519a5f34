"""What a watcher before this one kept of a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heapwise.model.watch import Bin, Vitals
from heapwise.watch.deploys.lives import AGES
from heapwise.watch.scale import Scale
from heapwise.watch.store import Store

_HOURS = 80.0
"""How far back: the 76 hours of a history, and some in which nobody watched."""


class Past(NamedTuple):
    """Of one target.

    Attributes:
        bins: oldest first, of its last process and maybe of those before.
        last: what it said last.
        youth: bins of that process before these, until it was as old as builds are compared at.
    """

    bins: Sequence[Bin]
    last: Vitals
    youth: Sequence[Bin] = ()


def past_of(store: Store, key: str, scale: Scale, now_ns: int) -> Past | None:
    """The past of a target; None where it is too long ago to go on with.

    Args:
        store: of the watcher before.
        key: of the target.
        scale: of the lengths of time.
        now_ns: now.

    Raises:
        RecordingError: the store cannot be read.
    """
    since_ns = now_ns - scale.ns(hours=_HOURS)
    last = store.newest(key)
    if last is None or last.at_ns < since_ns:
        return None
    bins, born_ns = store.bins(key, since_ns), last.started_ns
    if born_ns is None or born_ns >= since_ns:
        return Past(bins, last)
    grown_ns = born_ns + scale.ns(minutes=AGES[-1].minutes)
    return Past(bins, last, store.bins(key, born_ns, min(grown_ns, since_ns)))
