"""The first screen of the HTML report: one sentence, and the key figures as tiles."""

from __future__ import annotations

import math
from typing import NamedTuple

from heapwise.model.comparison import Comparison, ComparisonRow, Verdict
from heapwise.model.metrics import CATALOGUE, Exactness
from heapwise.model.recording import Scope
from heapwise.model.report import RunReport
from heapwise.units import format_count, format_share, format_size, format_value

KEY_METRICS = (
    "bytes/work",
    "allocs/work",
    "gc.cycles",
    "gc.cpu_share",
    "latency.p50",
    "latency.p99",
    "errors.share",
)
"""What the tiles show, in their order; validity comes last."""

PACED_BY_NOBODY = {
    "latency.p50": "work.rate", "latency.p99": "cpu/work", "errors.share": "rss.peak",
}  # fmt: skip
"""What they show in the place of what only a load of ours has."""

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
NOTHING = format_value(None, "")
"""How a missing value prints."""

_CANNOT_TELL = "a single run of each cannot tell"

_KNOWN_BY = {
    Exactness.EXACT: "exact count",
    Exactness.SAMPLED: "from samples",
    Exactness.TIMING: "by the clock, one run",
}


class Tile(NamedTuple):
    """One key figure.

    Attributes:
        values: one formatted value per recording.
        note: what to know about it.
        tone: a style class: empty, or one of `Verdict`'s words.
    """

    title: str
    values: tuple[str, ...]
    note: str
    tone: str = ""


def noun(unit: str) -> str:
    """A unit of work in running text."""
    return {"req": "request", "msg": "message"}.get(unit, unit)


def headline(report: RunReport) -> str:
    """What one unit of work costs, and who makes most of it.

    Returns:
        As ``1.04 MiB and 79.4 allocations per request; 97.0 % of the bytes are made by
        middleware.Compress.func1.1 [HW101].``
    """
    work = noun(report.work_unit)
    costs = report.per_work
    if costs is None or costs.bytes is None or costs.allocs is None:
        return f"What a {work} allocates is not known: its counters could not be read."
    cost = f"{format_size(costs.bytes)} and {format_count(costs.allocs)} allocations per {work}"
    return f"{cost}{_main_maker(report)}."


def _main_maker(report: RunReport) -> str:
    if report.findings:
        top = report.findings[0]
        where = f"{_short(top.where)} [{top.code}]"
        if top.evidence is None:
            return f"; look at {where}"
        share = format_share(top.evidence.bytes_share.value)
        return f"; {share} of the bytes are made by {where}"
    if report.owners and report.owners.rows:
        row = report.owners.rows[0]
        return f"; the most, {format_share(row.bytes_share)}, is made by {_short(row.owner)}"
    return ""


def _short(where: str) -> str:
    """A function without the head of its import path and without its file."""
    function = where.split(" ", 1)[0]
    package, bracket, arguments = function.partition("[")
    return package.rsplit("/", 1)[-1] + bracket + arguments


def changed_headline(comparison: Comparison) -> str:
    """What the change did to the bytes per unit of work."""
    row = _row(comparison, "bytes/work")
    return f"{clause(row)}." if row else "Bytes per unit of work were not measured."


def changed_aside(comparison: Comparison) -> str:
    """What it did to the other figures the collector works for."""
    rows = [_row(comparison, metric) for metric in ("allocs/work", "gc.cycles")]
    return "; ".join(clause(row) for row in rows if row)


def clause(row: ComparisonRow) -> str:
    """One row in words: ``B/req fell 99.6 % (237x)``."""
    if row.verdict is Verdict.INVALID:
        return f"{row.name} cannot be compared" + (f": {row.why}" if row.why else "")
    if row.verdict is Verdict.UNDECIDED:
        return f"{row.name}: {row.why or _CANNOT_TELL}"
    if row.verdict is Verdict.SAME:
        return f"{row.name} stayed the same"
    if not row.delta:
        before, after = (format_value(value, row.unit) for value in (row.before, row.after))
        return f"{row.name} went from {before} to {after}"
    verb = "fell" if row.delta < 0 else "rose"
    return f"{row.name} {verb} {format_share(abs(row.delta))}{_factor(row)}"


def change(row: ComparisonRow) -> str:
    """The relative change with its sign and, from 2 on, the factor: ``-99.6 % (237x)``."""
    if row.delta is None:
        return NOTHING
    return f"{_sign(row.delta)}{format_share(abs(row.delta))}{_factor(row)}"


def bounds(row: ComparisonRow) -> str:
    """The interval of the relative change: ``-99.7 % to -99.5 %``; open where it has no end."""
    ends = (row.delta_low, row.delta_high)
    return " to ".join(
        "?" if end is None or not math.isfinite(end) else f"{_sign(end)}{format_share(abs(end))}"
        for end in ends
    )


def _sign(share: float) -> str:
    return MINUS if share < 0 else "+" if share > 0 else ""


def _factor(row: ComparisonRow) -> str:
    if not row.before or not row.after:
        return ""
    factor = max(row.before / row.after, row.after / row.before)
    if factor < 2:
        return ""
    return f" ({factor:,.0f}{TIMES})" if factor >= 9.95 else f" ({factor:.1f}{TIMES})"


def tiles(report: RunReport) -> list[Tile]:
    """The key figures of one recording."""
    figures = {value.metric: value for value in report.metrics}
    shown = []
    for ident in _key_metrics(paced=report.load_result is not None):
        metric, figure = CATALOGUE[ident], figures.get(ident)
        title = metric.name(report.work_unit)
        if figure is None or figure.value is None:
            shown.append(Tile(title, (NOTHING,), "not measured"))
        else:
            value = format_value(figure.value, metric.unit)
            note = f"not valid: {figure.invalid}" if figure.invalid else _KNOWN_BY[metric.exactness]
            shown.append(Tile(title, (value,), note, "invalid" if figure.invalid else ""))
    return [*shown, _validity(report)]


def changed_tiles(before: RunReport, after: RunReport, comparison: Comparison) -> list[Tile]:
    """The key figures of two recordings and what became of them."""
    shown = []
    for ident in _key_metrics(paced=after.load_result is not None):
        row = _row(comparison, ident)
        if row is None:
            shown.append(
                Tile(CATALOGUE[ident].name(comparison.work_unit), (NOTHING,), "not measured")
            )
            continue
        values = tuple(format_value(value, row.unit) for value in (row.before, row.after))
        shown.append(Tile(row.name, values, _outcome(row), _TONES[row.verdict]))
    valid = [_validity(report) for report in (before, after)]
    tone = "invalid" if any(tile.tone for tile in valid) else ""
    notes = "; ".join(dict.fromkeys(tile.note for tile in valid))
    return [*shown, Tile("validity", tuple(tile.values[0] for tile in valid), notes, tone)]


def _key_metrics(*, paced: bool) -> tuple[str, ...]:
    if paced:
        return KEY_METRICS
    return tuple(PACED_BY_NOBODY.get(ident, ident) for ident in KEY_METRICS)


def _outcome(row: ComparisonRow) -> str:
    if row.verdict is Verdict.UNDECIDED:
        return f"~ {row.why or _CANNOT_TELL}"
    if row.verdict is Verdict.INVALID:
        return f"not valid: {row.why}" if row.why else "not valid"
    if row.verdict is Verdict.SAME:
        return "the same"
    return f"{change(row)} {row.verdict}"


_TONES = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.SAME: "same",
    Verdict.CHANGED: "changed",
    Verdict.UNDECIDED: "undecided",
    Verdict.INVALID: "invalid",
}


def _validity(report: RunReport) -> Tile:
    count = sum(problem.scope is not Scope.NONE for problem in report.problems)
    note = f"{count or 'no'} {'problem' if count == 1 else 'problems'}"
    if report.valid:
        return Tile("validity", ("valid",), note)
    return Tile("validity", ("not valid",), note, "invalid")


def _row(comparison: Comparison, metric: str) -> ComparisonRow | None:
    return next((row for row in comparison.rows if row.metric == metric), None)
