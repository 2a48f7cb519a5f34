"""Alerts of one service and code, told together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from heapwise.model.watch import Alert, Notice
from heapwise.watch.alerts.severity import rank

Instances = Callable[[str], int]
"""Takes the name of a service to the number of its targets."""


def notice_of(alerts: Sequence[Alert], instances: Instances) -> Notice:
    """A notice of alerts that share service and code; one at least.

    Args:
        alerts: those that last, and those that have ended since the last notice.
        instances: tells how many targets the service has.
    """
    ordered = sorted(alerts, key=lambda alert: (alert.ended_ns is not None, alert.instance))
    lasting = [alert for alert in ordered if alert.ended_ns is None]
    first = ordered[0]
    among = max(instances(first.service), len(ordered))
    return Notice(
        status="firing" if lasting else "resolved",
        service=first.service,
        code=first.code,
        severity=max((alert.severity for alert in lasting or ordered), key=rank),
        lasting=len(lasting),
        instances=among,
        summary=_summary(first, len(lasting), len(ordered), among),
        alerts=tuple(ordered),
    )


def _summary(first: Alert, lasting: int, told: int, instances: int) -> str:
    if not lasting:  # of these: another instance may have it still, silenced or too mild to be told
        where = first.target if told == 1 else f"{told} instances of {first.service}"
        return f"{first.code} is over on {where}"
    if instances == 1:
        return f"{first.code} on {first.target}"
    return f"{first.code} on {lasting} of {instances} instances of {first.service}"
