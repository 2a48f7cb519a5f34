"""Where alerts are told: webhooks, Alertmanager, Slack and what is like it, lines of JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from heapwise.errors import UsageError
from heapwise.units import NS_PER_S
from heapwise.watch.alerts import Instances, Pace, Route, Sink
from heapwise.watch.config import Alerts, SinkKind
from heapwise.watch.config import Sink as SinkTable
from heapwise.watch.post import Receiver
from heapwise.watch.scale import Scale
from heapwise.watch.sinks.alertmanager import LONGEST_WAIT_NS, REPEAT_NS, Alertmanager
from heapwise.watch.sinks.labelled import Labelled
from heapwise.watch.sinks.slack import Slack
from heapwise.watch.sinks.stdout import Stdout
from heapwise.watch.sinks.webhook import Webhook

_GATHER_S = 30.0
_BETWEEN_MINUTES = 5.0


def routes_of(
    tables: Sequence[SinkTable],
    alerts: Alerts,
    instances: Instances,
    scale: Scale,
    page: str = "",
) -> tuple[Route, ...]:
    """The sinks of a config, and what each wants to hear.

    Args:
        tables: one for each sink.
        alerts: how often what lasts is told again.
        instances: tells how many targets a service has.
        scale: of the times for which alerts of a service are gathered.
        page: where people open the page, for links; empty for none.

    Raises:
        UsageError: an address is none or cannot be read, or two have the same name.
    """
    routes = [
        Route(_labelled(_sink(table, name, instances, page), table), _pace(table, alerts, scale))
        for table, name in zip(tables, _names(tables), strict=True)
    ]
    names = [route.sink.name for route in routes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two sinks are called {name}", hint="give each a name of its own")
    return tuple(routes)


def _names(tables: Sequence[SinkTable]) -> list[str]:
    return [table.name or f"{table.type.value}-{number}" for number, table in enumerate(tables, 1)]


def _sink(table: SinkTable, name: str, instances: Instances, page: str) -> Sink:
    if table.type is SinkKind.STDOUT:
        return Stdout(name, sys.stdout.buffer)
    receiver = Receiver.parse(name, table.address(), table.access())
    deadline_s = table.deadline / NS_PER_S
    match table.type:
        case SinkKind.ALERTMANAGER:
            return Alertmanager(receiver, page, deadline_s)
        case SinkKind.SLACK:
            return Slack(receiver, instances, page, deadline_s)
        case _:
            secret = table.secret_file.read if table.secret_file is not None else None
            return Webhook(receiver, instances, secret, deadline_s)


def _labelled(sink: Sink, table: SinkTable) -> Sink:
    return Labelled(sink, table.labels) if table.labels else sink


def _pace(table: SinkTable, alerts: Alerts, scale: Scale) -> Pace:
    if table.type is SinkKind.ALERTMANAGER:  # it gathers, and it decides what is told again
        return Pace(
            least=table.min_severity,
            gather_ns=0,
            between_ns=0,
            repeat_ns=REPEAT_NS,
            longest_wait_ns=LONGEST_WAIT_NS,
        )
    return Pace(
        least=table.min_severity,
        gather_ns=scale.ns(seconds=_GATHER_S),
        between_ns=scale.ns(minutes=_BETWEEN_MINUTES),
        repeat_ns=alerts.repeat_every,
    )
