"""How far back a timeline goes, in hours that are as long as the watcher's are."""

from __future__ import annotations

from heapwise.model.watch import Alert
from heapwise.units import format_span
from heapwise.watch.scale import Scale

HOURS = {"1h": 1.0, "6h": 6.0, "1d": 24.0, "3d": 72.0}
ALL = "all"
DEFAULT = "6h"
_LEAD_HOURS = 3.0  # shown of what was before an alert, and more than the window it was seen in


def labels(scale: Scale) -> list[tuple[str, str]]:
    """What can be chosen: key and words."""
    lengths = [(key, format_span(scale.ns(hours=hours))) for key, hours in HOURS.items()]
    return [*lengths, (ALL, "all")]


def begin_of(key: str, now_ns: int, scale: Scale) -> int:
    """Where a choice begins, unix ns; 0 for everything, and for what is no choice the default."""
    if key == ALL:
        return 0
    return now_ns - scale.ns(hours=HOURS.get(key, HOURS[DEFAULT]))


def reaching(alert: Alert, now_ns: int, scale: Scale) -> str:
    """The shortest choice in which an alert and what led to it can be seen."""
    windows = (each.value for each in alert.numbers if each.name == "window")
    lead = max(scale.ns(hours=_LEAD_HOURS), 1.25 * max(windows, default=0.0))
    wanted = now_ns - alert.began_ns + lead
    return next((key for key, hours in HOURS.items() if scale.ns(hours=hours) >= wanted), ALL)
