"""Prometheus' Alertmanager, by version 2 of its API."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from heapwise.model.watch import Alert, Severity
from heapwise.names import visible
from heapwise.units import NS_PER_S, format_share, format_value
from heapwise.watch.post import Receiver, post
from heapwise.watch.sinks.link import link_to

REPEAT_NS = 60 * NS_PER_S
"""It has to hear of what lasts all the time, as from Prometheus; whom to tell when is its job."""

LAPSES_NS = 4 * REPEAT_NS
"""What it does not hear of for so long is over."""

LONGEST_WAIT_NS = REPEAT_NS // 2
"""After a failure. It is away for two minutes, as for an update: what lasts must not lapse by that,
or it would be told as over, and then as new."""

_PATH = "/api/v2/alerts"
_MAX_VALUE = 1000


class Alertmanager:
    """Sends alerts under the names ``HeapwiseLeak``, ``HeapwiseGcShare`` and so on.

    The severity is one of the labels, which are what makes an alert: where it rises, the one of
    the lower severity is ended.

    Args:
        receiver: the root of the Alertmanager.
        page: where people open the page, for links; empty for none.
        deadline_s: of one message.
    """

    def __init__(self, receiver: Receiver, page: str = "", deadline_s: float = 10.0) -> None:
        self.name = receiver.name
        self._receiver = receiver.below(_PATH)
        self._page = page
        self._deadline_s = deadline_s
        self._told: dict[str, Severity] = {}

    def send(self, alerts: Sequence[Alert]) -> None:
        """Tell how alerts are.

        Raises:
            ServiceError: it did not take them.
        """
        now_ns = time.time_ns()  # its clock is the wall's
        found = [each for alert in alerts for each in self._versions(alert, now_ns)]
        post(self._receiver, msgspec.json.encode(found), deadline_s=self._deadline_s)
        for alert in alerts:
            if alert.ended_ns is None:
                self._told[alert.id] = alert.severity
            else:
                self._told.pop(alert.id, None)

    def _versions(self, alert: Alert, now_ns: int) -> Iterator[dict[str, Any]]:
        yield _entry(alert, now_ns, self._page, over=alert.ended_ns is not None)
        before = self._told.get(alert.id, alert.severity)
        if before != alert.severity:
            lower = msgspec.structs.replace(alert, severity=before)
            yield _entry(lower, now_ns, self._page, over=True)


def _entry(alert: Alert, now_ns: int, page: str, *, over: bool) -> dict[str, Any]:
    return {
        **({"generatorURL": link_to(alert, page)} if page else {}),
        "labels": labels_of(alert),
        "annotations": dict(_annotations(alert)),
        "startsAt": _time(min(alert.began_ns, now_ns)),
        "endsAt": _time(now_ns if over else now_ns + LAPSES_NS),
    }


def labels_of(alert: Alert) -> dict[str, str]:
    """What makes an alert; names are legal, and nothing from outside replaces what is ours."""
    foreign = {_label_name(name): value for name, value in alert.labels}
    own = {
        "alertname": "Heapwise" + "".join(part.title() for part in re.split(r"\W+", alert.code)),
        "severity": alert.severity.value,
        "service": alert.service,
        "instance": alert.instance,
        "code": alert.code,
    }
    return {name: _value(value) for name, value in {**foreign, **own}.items()}


def _annotations(alert: Alert) -> Iterator[tuple[str, str]]:
    yield "summary", _value(alert.summary)
    if alert.numbers:
        numbers = (f"{each.name} {format_value(each.value, each.unit)}" for each in alert.numbers)
        yield "numbers", _value(", ".join(numbers))
    if alert.grows:
        path = alert.grows[0]
        yield "path", _value(f"{path.path} ({format_share(path.share)} of the growth)")
    if alert.findings:
        first = alert.findings[0]
        yield "finding", _value(f"{first.code} {first.title}: {first.where}")
    if alert.commands:
        yield "command", _value(alert.commands[0])
    if alert.ended_why:
        yield "ended", _value(alert.ended_why)


def _label_name(name: str) -> str:
    legal = re.sub(r"[^A-Za-z0-9_]", "_", name)[:100]
    # Two underscores in front are for Prometheus' own use.
    return f"label_{legal.lstrip('_')}" if not legal or legal[0] in "_0123456789" else legal


def _value(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _MAX_VALUE else f"{shown[: _MAX_VALUE - 1]}…"


def _time(at_ns: int) -> str:
    return dt.datetime.fromtimestamp(at_ns / NS_PER_S, tz=dt.UTC).isoformat()
