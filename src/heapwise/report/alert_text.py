"""An alert as the terminal shows it: on one line, and in full."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from heapwise.model.finding import Finding
from heapwise.model.watch import Alert, Captured, PathGrowth
from heapwise.names import visible
from heapwise.report.columns import joined, labelled, paragraph, table
from heapwise.units import NS_PER_S, format_share, format_size, format_value, how_many

_MOST_PATHS = 5
_MOST_FINDINGS = 5
_MOST_CAPTURES = 10


def alert_line(alert: Alert) -> str:
    """One line: ``10:04:12 page leak checkout/10.0.0.7:6060: live heap grew by 42.0 %``.

    The time is UTC, of when it began, or when it was over.
    """
    over = alert.ended_ns is not None
    at = dt.datetime.fromtimestamp((alert.ended_ns or alert.began_ns) // NS_PER_S, tz=dt.UTC)
    word = "over" if over else alert.severity.value
    said = (alert.ended_why or "the sign has gone") if over else alert.summary
    mark = " (silenced)" if alert.silenced else ""
    return visible(f"{at:%H:%M:%S} {word} {alert.code} {alert.target}: {said}{mark}")


def render_alert(alert: Alert) -> str:
    """Everything there is to tell of an alert."""
    head = f"{alert.severity.value.upper()} {alert.code} on {alert.target}: {alert.summary}"
    lines = paragraph(head)
    lines += labelled(
        [
            ("since", _time(alert.began_ns)),
            ("over", _over(alert)),
            ("labels", ", ".join(f"{name}={value}" for name, value in alert.labels)),
            ("told", "nobody: it is silenced" if alert.silenced else ""),
        ]
    )
    for title, part in (
        ("Numbers", _numbers(alert)),
        ("What grows", list(_paths(alert))),
        ("Findings", list(_findings(alert.findings))),
        ("Captured", list(_captures(alert.captures))),
    ):
        if part:
            lines += ["", title, *part]
    if alert.notes:
        lines += ["", "Notes", *(line for note in alert.notes for line in paragraph(note, "  "))]
    if alert.commands:  # to be copied, so they are not wrapped
        lines += ["", "To look further", *(f"  {visible(command)}" for command in alert.commands)]
    return joined(lines)


def _numbers(alert: Alert) -> list[str]:
    rows = [(each.name, format_value(each.value, each.unit)) for each in alert.numbers]
    return table(rows, "<<") if rows else []


def _paths(alert: Alert) -> Iterator[str]:
    for grown in alert.grows[:_MOST_PATHS]:
        yield from paragraph(f"{_growth(alert, grown)}  {grown.path}", "      ", "  ")
    yield from _more(len(alert.grows) - _MOST_PATHS, "more path")


def _growth(alert: Alert, grown: PathGrowth) -> str:
    amount = (
        how_many(round(grown.growth), "task")
        if alert.code == "tasks"
        else (format_size(grown.growth))
    )
    sure = f", in {how_many(grown.confirmed, 'capture')} in a row" if grown.confirmed else ""
    return f"{amount}, {format_share(grown.share)} of the growth{sure}"


def _findings(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings[:_MOST_FINDINGS]:
        yield from paragraph(f"{finding.code} {finding.title}: {finding.where}", "      ", "  ")
        if finding.remedy:
            yield from paragraph(finding.remedy, "      ")
    yield from _more(len(findings) - _MOST_FINDINGS, "more finding")


def _captures(captures: tuple[Captured, ...]) -> Iterator[str]:
    rows = [
        (str(each.id), each.kind, _time(each.at_ns), format_size(each.size), each.reason)
        for each in captures[-_MOST_CAPTURES:]
    ]
    yield from table(rows, "><<><") if rows else []
    yield from _more(len(captures) - _MOST_CAPTURES, "older capture")


def _more(count: int, thing: str) -> Iterator[str]:
    if count > 0:
        yield f"  and {how_many(count, thing)}"


def _over(alert: Alert) -> str:
    if alert.ended_ns is None:
        return ""
    why = f": {alert.ended_why}" if alert.ended_why else ""
    return f"{_time(alert.ended_ns)}{why}"


def _time(at_ns: int) -> str:
    return f"{dt.datetime.fromtimestamp(at_ns // NS_PER_S, tz=dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
