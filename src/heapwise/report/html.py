"""One recording, or two before and after a change, as one HTML file that needs no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment
from markupsafe import Markup, escape

from heapwise import __version__
from heapwise.errors import UsageError
from heapwise.model.comparison import Comparison
from heapwise.model.finding import Finding
from heapwise.model.metrics import CATALOGUE
from heapwise.model.recording import Scope
from heapwise.model.report import RunReport
from heapwise.model.tables import OwnerTable
from heapwise.names import visible
from heapwise.report import html_summary as summary
from heapwise.report.chart_data import chart_lines, short
from heapwise.report.columns import clipped
from heapwise.report.embed import inline, json_block, policy, templates
from heapwise.report.path_flame import icicle
from heapwise.report.round_plot import strips
from heapwise.units import (
    format_count,
    format_duration,
    format_rate,
    format_share,
    format_size,
    format_value,
    how_many,
)


class Run(NamedTuple):
    """A recording and its part in the report: ``only``, ``before`` or ``after``."""

    role: str
    report: RunReport


def render_html(reports: Sequence[RunReport], comparison: Comparison | None = None) -> str:
    """Render one recording, or two with their comparison.

    Returns:
        A whole page: script, style and data inlined, sealed by a content security policy.

    Raises:
        UsageError: there are not one or two recordings.
        ValueError: two recordings without their comparison, or one with one.
    """
    if len(reports) not in (1, 2):
        raise UsageError(
            f"{len(reports)} recordings do not fit one HTML report",
            hint="give one recording, or two to see before and after",
        )
    if (comparison is None) != (len(reports) == 1):
        raise ValueError("two recordings come with their comparison, one comes without")
    roles = ("only",) if comparison is None else ("before", "after")
    runs = [Run(role, report) for role, report in zip(roles, reports, strict=True)]
    page = _environment().get_template("report.html")
    rounds = comparison is not None and comparison.rounds != (1, 1)
    return page.render(
        runs=runs,
        comparison=comparison,
        rounds=rounds,
        **_seal(runs),
        **_words(runs, comparison),
    )


def _seal(runs: list[Run]) -> dict[str, Any]:
    script, style = inline("report.js"), inline("report.css")
    return {
        "policy": policy(script, style),
        "script": script.code,
        "style": style.code,
        "data": json_block([_charts(run) for run in runs]),
    }


def _charts(run: Run) -> dict[str, Any]:
    """What the script draws; names are made visible here, since no template prints them."""
    timeline = run.report.timeline
    return {
        "role": run.role,
        "heap": chart_lines(timeline.heap),
        "latency": chart_lines(timeline.latency),
        "rate": chart_lines(timeline.rate),
        "percentiles": chart_lines(timeline.percentiles),
        "collections": timeline.collections,
        "slow": chart_lines(timeline.slow),
        "bands": [
            {
                "name": band.name,
                "starts": [short(start) for start in band.starts],
                "ends": [short(end) for end in band.ends],
            }
            for band in timeline.bands
        ],
    }


def _words(runs: list[Run], comparison: Comparison | None) -> dict[str, Any]:
    reports = [run.report for run in runs]
    if comparison is None:
        (report,) = reports
        groups = [("", report.findings)]
        return {
            "headline": summary.headline(report),
            "aside": report.findings[0].title if report.findings else "",
            "tiles": summary.tiles(report),
            "finding_groups": groups,
        }
    before, after = reports
    return {
        "headline": comparison.sentence or summary.changed_headline(comparison),
        "aside": "" if comparison.sentence else summary.changed_aside(comparison),
        "tiles": summary.changed_tiles(before, after, comparison),
        "finding_groups": _groups(before.findings, after.findings, comparison),
    }


def _groups(
    before: tuple[Finding, ...], after: tuple[Finding, ...], comparison: Comparison
) -> list[tuple[str, tuple[Finding, ...]]]:
    left = {finding.cause for finding in after}
    gone = tuple(finding for finding in before if finding.cause in comparison.gone)
    unknown = tuple(each for each in before if each.cause not in {*left, *comparison.gone})
    groups = [("Left after the change", after), ("Gone with the change", gone)]
    return [*groups, ("Found before, not known after", unknown)] if unknown else groups


def _widest(table: OwnerTable) -> float:
    """Bytes per unit of work at the right end of every bar of a table."""
    intervals = [row.bytes_per_work for row in table.rows]
    return max((each.high for each in intervals if each), default=0.0) or 1.0


def _spelled_out(value: Any) -> Any:
    """What the template prints, with hidden characters made visible."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _unbroken(text: str) -> Markup:
    """Text in which no line ends between a number and its unit."""
    return Markup(re.sub(r"(?<=\d) ", "&nbsp;", str(escape(visible(text)))))  # noqa: S704 - escaped


@cache
def _environment() -> Environment:
    environment = templates(finalize=_spelled_out, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "count": format_count,
        "duration": format_duration,
        "icicle": icicle,
        "many": how_many,
        "rate": format_rate,
        "share": format_share,
        "size": format_size,
        "strips": strips,
        "value": format_value,
        "bounds": summary.bounds,
        "change": summary.change,
        "clipped": clipped,
        "noun": summary.noun,
        "unbroken": _unbroken,
        "widest": _widest,
    }
    environment.globals |= {"catalogue": CATALOGUE, "version": __version__, "Scope": Scope}
    return environment
