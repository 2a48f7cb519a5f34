"""The measurements of a rule, for its page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from heapwise.diagnose.measured import Cost, Measurement, of_rule
from heapwise.report.columns import paragraph, table
from heapwise.units import format_count, format_duration, format_size

_HEAD = ("release", "", "bytes", "allocs", "time")


def measured_lines(code: str) -> list[str]:
    """A table for each operation, before and after on each release; empty where none was measured.

    It is what ``make bench-remedies`` wrote.
    """
    cases: dict[str, list[Measurement]] = defaultdict(list)
    for each in of_rule(code):
        cases[each.what].append(each)
    lines: list[str] = []
    for what, measured in cases.items():
        lines += ["", *paragraph(f"{what}:")]
        lines += table([_HEAD, *(row for each in measured for row in _rows(each))], "<<>>>")
    return lines[1:]


def _rows(each: Measurement) -> Iterable[tuple[str, ...]]:
    release = each.version if each.runtime == "go" else f"CPython {each.version}"
    yield (release, "before", *_cost(each.before))
    yield ("" if each.gains else "gains nothing", "after", *_cost(each.after))


def _cost(cost: Cost) -> tuple[str, str, str]:
    return format_size(cost.bytes), format_count(cost.allocs), format_duration(round(cost.ns))
