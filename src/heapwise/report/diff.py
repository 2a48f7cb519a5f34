"""Two profiles compared, as text: what changed by function, by line and by call path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from heapwise.model.finding import Interval
from heapwise.model.tables import FEW_HITS, Change, Diff, DiffRow
from heapwise.names import visible
from heapwise.report.comparison_words import FACTOR_FROM, TIMES
from heapwise.units import format_value

_UNITS = {"bytes": "B", "nanoseconds": "ns"}
_HEADINGS = ("before", "after", "delta", "95% of delta", "", "hits", "")
_FRAMES = 12
"""Frames of a path that are printed; what is between its two ends goes."""


class Line(NamedTuple):
    """A line, and what became of that which it shows; "" where it shows no row."""

    text: str
    change: Change | str = ""


def diff_lines(diff: Diff) -> list[Line]:
    """Line by line and without colour; what could drive a terminal is spelled out."""
    per = f", {_UNITS.get(diff.unit, diff.unit)} per {diff.per}" if diff.per else ""
    head = [f"Base: {diff.base}", f"New:  {diff.new}", f"Type: {diff.sample_type}{per}"]
    head += [f"Note: {note}" for note in diff.notes]
    if diff.filters:
        head += ["Active filters:", *(f"   {filter_}" for filter_ in diff.filters)]
    unit = _UNITS.get(diff.unit, "count")
    lines = [Line(line) for line in head]
    lines += _section("Total", [diff.total], unit, 0)
    titles = ("By function", "By line", "By call path")
    kinds = (diff.functions, diff.lines, diff.paths)
    for title, rows, left_out in zip(titles, kinds, diff.left_out, strict=True):
        lines += _section(title, rows, unit, left_out)
    return [Line(visible(line.text), line.change) for line in lines]


def _section(title: str, rows: Sequence[DiffRow], unit: str, left_out: int) -> Iterable[Line]:
    cells = [_HEADINGS, *(_cells(row, unit) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield Line("")
    yield Line(title)
    for row, texts in zip((None, *rows), cells, strict=True) if rows else ():
        line = "  ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))
        if row is None:
            yield Line(f"  {line}")
            continue
        for number, name in enumerate(_names(row)):
            yield Line(f"  {line if number == 0 else ' ' * len(line)}  {name}", row.change)
    if left_out:
        rest = "rows" if left_out > 1 else "row"
        yield Line(f"  and {left_out:,} {rest} that changed less, or not")


def _cells(row: DiffRow, unit: str) -> tuple[str, ...]:
    return (
        format_value(row.before.value, unit),
        format_value(row.after.value, unit),
        _signed(row.delta.value, unit),
        _interval(row.delta, unit),
        _relative(row),
        _hits(row),
        "~" if row.change == "unclear" else row.change,
    )


def _names(row: DiffRow) -> Iterable[str]:
    """The name, and what it was; of a path, one function a line from the leaf on."""
    if not row.frames:
        yield row.name + (f" (was {', '.join(row.was)})" if row.was else "")
        return
    frames = row.frames[::-1]
    yield frames[0]
    if len(frames) <= _FRAMES:
        yield from (f"< {frame}" for frame in frames[1:])
        return
    half = _FRAMES // 2
    yield from (f"< {frame}" for frame in frames[1:half])
    yield f"… {len(frames) - _FRAMES} frames"
    yield from (f"< {frame}" for frame in frames[-half:])


def _relative(row: DiffRow) -> str:
    """A change as per cent, or as a factor from ten on."""
    before, after = row.before.value, row.after.value
    if row.relative is None or after <= 0 or before <= 0:
        return ""
    if before / after >= FACTOR_FROM:
        return f"{before / after:,.1f}{TIMES} less"
    if after / before >= FACTOR_FROM:
        return f"{after / before:,.1f}{TIMES} more"
    return f"{row.relative * 100:+.1f} %"


def _interval(delta: Interval, unit: str) -> str:
    if delta.low == delta.high:
        return ""
    return f"{_signed(delta.low, unit)} to {_signed(delta.high, unit)}"


def _hits(row: DiffRow) -> str:
    if not row.hits_before and not row.hits_after:
        return ""
    few = max(row.hits_before or 0, row.hits_after or 0) < FEW_HITS and row.change == "unclear"
    return f"{row.hits_before or 0:,} / {row.hits_after or 0:,}" + ("?" if few else " ")


def _signed(value: float, unit: str) -> str:
    return ("+" if value > 0 else "") + format_value(value, unit)
