"""What a chart of the dashboard and the rules that go with it have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from heapwise.model.watch import Severity

OURS = "{ours}"
"""In an expression: the matchers of targets that heapwise watches."""

GO = "{go}"
"""The same of Go processes that Prometheus scrapes itself."""


class Query(NamedTuple):
    """A line of a chart.

    Attributes:
        expression: PromQL, with `OURS` and `GO` in the braces of its selectors.
        legend: as Grafana has it: ``{{service}}``.
    """

    expression: str
    legend: str


class Alarm(NamedTuple):
    """A rule.

    Attributes:
        name: of the alert.
        expression: PromQL, as in `Query`.
        wait: how long it has to hold, as ``10m``; empty for at once.
        severity: what is to be done; None where the series has the label itself.
        summary: one line, in which Prometheus' templates may stand.
        why: what the rule rests on, and what it cannot know.
    """

    name: str
    expression: str
    wait: str
    severity: Severity | None
    summary: str
    why: str


class Chart(NamedTuple):
    """A panel, and its rules.

    Attributes:
        title: of the panel.
        unit: Grafana's: ``bytes``, ``percentunit``, ``s``, ``short``, ``Bps``.
        about: what is shown, and what has to be exposed for it.
        queries: its lines; none for rules without a panel.
        alarms: its rules.
    """

    title: str
    unit: str
    about: str
    queries: tuple[Query, ...] = ()
    alarms: tuple[Alarm, ...] = ()


def filled(expression: str, *, ours: str = "", go: str = "") -> str:
    """An expression with matchers, as ``service=~"$service"``, where it wants them.

    Braces that hold nothing but the place of matchers go with it.
    """
    for place, matchers in ((OURS, ours), (GO, go)):
        for before, after in _around(place, matchers):
            expression = expression.replace(before, after)
    return expression


def _around(place: str, matchers: str) -> Iterator[tuple[str, str]]:
    yield "{" + place + ",", "{" + (f"{matchers}," if matchers else "")
    yield "{" + place + "}", "{" + matchers + "}" if matchers else ""
