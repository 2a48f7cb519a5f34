"""The dashboard, as Grafana imports it."""

from __future__ import annotations

from typing import Any

import msgspec

from heapwise.watch.detectors import Settings
from heapwise.watch.rules.chart import Chart, Query, filled
from heapwise.watch.rules.charts import charts

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_OURS = 'service=~"$service",instance=~"$instance"'
_GO = 'job=~"$job"'
_COLUMNS, _WIDTH, _HEIGHT = 24, 12, 8
_SCHEMA = 36
"""Grafana 9 writes it, later ones read it."""


def grafana_dashboard(levels: Settings = Settings()) -> bytes:  # noqa: B008 - it is frozen
    """A dashboard of JSON, to be imported; it asks for the Prometheus by a variable.

    Args:
        levels: from where on something is a sign; drawn as lines.
    """
    shown = [chart for chart in charts(levels) if chart.queries]
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "uid": "heapwise-watch",
                "title": "heapwise watch",
                "tags": ["heapwise"],
                "schemaVersion": _SCHEMA,
                "version": 1,
                "editable": True,
                "graphTooltip": 1,  # the crosshair is in all panels at once
                "refresh": "30s",
                "time": {"from": "now-6h", "to": "now"},
                "timezone": "browser",
                "annotations": {"list": [_deploys()]},
                "templating": {"list": _variables()},
                "panels": [_panel(number, chart) for number, chart in enumerate(shown)],
            }
        ),
        indent=2,
    )


def _panel(number: int, chart: Chart) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS // _WIDTH)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": chart.title,
        "description": chart.about,
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {
            "defaults": {
                "unit": chart.unit,
                "min": 0,
                "custom": {"lineWidth": 1, "fillOpacity": 0, "showPoints": "never"},
            },
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [_target(letter, query) for letter, query in zip("ABCDEF", chart.queries)],  # noqa: B905 - no chart has six
    }


def _target(letter: str, query: Query) -> dict[str, Any]:
    return {
        "refId": letter,
        "datasource": _SOURCE,
        "expr": filled(query.expression, ours=_OURS, go=_GO),
        "legendFormat": query.legend,
        "range": True,
    }


def _variables() -> list[dict[str, Any]]:
    source = {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
    }
    names = (
        ("service", "label_values(heapwise_watch_target_up, service)"),
        ("instance", 'label_values(heapwise_watch_target_up{service=~"$service"}, instance)'),
        ("job", "label_values(go_goroutines, job)"),
    )
    return [source, *(_variable(name, query) for name, query in names)]


def _variable(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,  # when the time range changes
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "sort": 1,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def _deploys() -> dict[str, Any]:
    """A mark where a service began to run another build."""
    return {
        "name": "Builds",
        "datasource": _SOURCE,
        "enable": True,
        "iconColor": "blue",
        "expr": (
            f"count by (service, build) (heapwise_watch_target_info{{{_OURS}}})"
            " unless count by (service, build)"
            f" (heapwise_watch_target_info{{{_OURS}}} offset 1m)"
            # Of a service that nobody watched a minute ago, no build is new.
            " and on (service) count by (service)"
            f" (heapwise_watch_target_info{{{_OURS}}} offset 1m)"
        ),
        "titleFormat": "{{service}}",
        "textFormat": "build {{build}}",
        "step": "60s",
    }
