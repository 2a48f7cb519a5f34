"""The rules, as Prometheus reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from heapwise.watch.detectors import Settings
from heapwise.watch.rules.chart import Alarm, filled
from heapwise.watch.rules.charts import charts

_HEAD = """\
# Written by `heapwise watch rules prometheus`; made anew when heapwise is.
# Scrape the watcher's /metrics with `honor_labels: true`: instance is that of the target.
"""


def prometheus_rules(levels: Settings = Settings()) -> bytes:  # noqa: B008 - it is frozen
    """A rule file of one group.

    Args:
        levels: from where on something is a sign, as the detectors have it.
    """
    lines = ["groups:", "  - name: heapwise", "    rules:"]
    for chart in charts(levels):
        for alarm in chart.alarms:
            lines += _rule(alarm)
    return (_HEAD + "\n".join(lines) + "\n").encode()


def _rule(alarm: Alarm) -> Iterator[str]:
    yield f"      - alert: {alarm.name}"
    yield f"        expr: {_text(filled(alarm.expression))}"
    if alarm.wait:
        yield f"        for: {alarm.wait}"
    if alarm.severity is not None:
        yield "        labels:"
        yield f"          severity: {alarm.severity.value}"
    yield "        annotations:"
    yield f"          summary: {_text(alarm.summary)}"
    yield f"          description: {_text(alarm.why)}"


def _text(value: str) -> str:
    """A string of JSON, which is one of YAML."""
    return json.dumps(value, ensure_ascii=False)
