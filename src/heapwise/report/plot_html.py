"""Loads over time as one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment

from heapwise import __version__
from heapwise.model.plot import LoadPlot
from heapwise.names import visible
from heapwise.report.chart_data import chart_lines
from heapwise.report.embed import inline, json_block, policy, templates
from heapwise.units import format_count, format_duration, format_rate, format_share


def render_plot(loads: Sequence[LoadPlot], title: str) -> str:
    """Render one load or several, one below the other on the same scales.

    Args:
        loads: at least one.
        title: of the page; empty for the names of the loads.

    Returns:
        A whole page: script, style and data inlined, sealed by a content security policy.
    """
    script, style = inline("report.js"), inline("report.css")
    names = [visible(load.name) or "load" for load in loads]
    page: str = _environment().get_template("plot.html").render(
        title=visible(title) or " · ".join(names),
        loads=list(zip(names, loads, strict=True)),
        policy=policy(script, style),
        script=script.code,
        style=style.code,
        data=json_block([panel for load in loads for panel in _panels(load)]),
    )  # fmt: skip
    return page


def _panels(load: LoadPlot) -> list[dict[str, Any]]:
    """What the script calls recordings: one with the time from due, one with that from sent."""
    due = {
        "hits": chart_lines(load.latency),
        "rate": chart_lines(load.rate),
        "percentiles": chart_lines(load.percentiles),
    }
    sent = {"hits": chart_lines(load.service), "rate": [], "percentiles": []}
    return [{"role": "only", **due}, {"role": "only", **sent}]


@cache
def _environment() -> Environment:
    environment = templates(trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "count": format_count,
        "duration": format_duration,
        "rate": format_rate,
        "share": format_share,
    }
    environment.globals |= {"version": __version__}
    return environment
