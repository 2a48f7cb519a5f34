"""The one table of what is worth looking at: panels of the dashboard, and rules.

There are two sources. What begins with ``heapwise_watch_`` is what this watcher exposes at its
``/metrics``. What begins with ``go_`` is what client_golang exposes by itself; where it does not by
default, the panel says what has to be turned on. Levels are those of the detectors.
"""

from __future__ import annotations

from heapwise.watch.detectors import Settings
from heapwise.watch.rules import judged, runtime
from heapwise.watch.rules.chart import Chart


def charts(levels: Settings) -> tuple[Chart, ...]:
    """The table, in the order in which it is looked at.

    Args:
        levels: from where on something is a sign.
    """
    return (
        judged.alerts(),
        runtime.live_heap(),
        runtime.limit(levels),
        runtime.gc_share(levels),
        runtime.assist(levels),
        runtime.pauses(levels),
        runtime.allocation(),
        runtime.tasks(),
        judged.targets(),
        judged.watcher(),
    )
