"""Rounds as text and as Markdown: what is printed of intervals, p-values, promises and paths."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from heapwise.analysis.compare_rounds import compare_rounds
from heapwise.model.comparison import Comparison, ComparisonRow, Estimate, PathChange, Verdict
from heapwise.model.recording import Problem, Scope
from heapwise.model.tables import OwnerTable
from heapwise.model.work import PerWork, Work
from heapwise.report.comparison_words import (
    format_change,
    format_interval,
    format_median,
    format_p,
    signed_size,
)
from heapwise.report.markdown_comparison import render_markdown
from heapwise.report.text_comparison import render_comparison
from support.golden import assert_golden
from support.rounds import rounds
from support.runs import finding, owner

PATHS = tuple(
    PathChange(path=path, before=before, after=after, low=after - before - 9, high=after - before,
               p=0.002, q=0.01, changed=changed)
    for path, before, after, changed in (
        (("github.com/go-chi/chi/middleware.Compress.func1", "compress/flate.NewWriter"),
         800_000.0, 0.0, True),
        (("main.evaluate", "encoding/json.Marshal"), 900.0, 905.0, False),
    )
)  # fmt: skip


def example() -> Comparison:
    """A cured service, six rounds of each side."""
    random = np.random.default_rng(11)
    sick = {"findings": (finding(),), "per_work": PerWork(Work("req", 10), 1010.0, 20.0, 0.0, 0.0)}
    cured = {"bytes/work": 0.006, "allocs/work": 0.65, "gc.cpu_share": 0.01, "cpu/work": 0.5}
    healthy = OwnerTable(unit="req", rows=(owner(),), rest_bytes_share=0.0, dies_young=None)
    after = rounds(6, random, cured, owners=healthy)
    found = compare_rounds(rounds(6, random, **sick), after)
    return replace(found, before="old", after="new", paths=PATHS)


def change(before: float, after: float, **others: Any) -> ComparisonRow:
    """A row of bytes."""
    return ComparisonRow(
        metric="bytes/work", name="B/req", unit="B", before=before, after=after,
        delta=after / before - 1, verdict=Verdict.BETTER, **others,
    )  # fmt: skip


def test_rounds_as_text() -> None:
    """The sentence, the questions, the guards, what rests on what, and the call paths."""
    text = render_comparison(example())
    assert max(map(len, text.splitlines())) <= 100
    assert_golden("report/rounds.txt", text)


def test_rounds_as_markdown() -> None:
    """As a pull request shows it."""
    assert_golden("report/rounds.md", render_markdown(example()))


@pytest.mark.parametrize(
    ("before", "after", "low", "high", "text"),
    [
        (100.0, 64.6, -0.36, -0.349, "[-36.0, -34.9]"),
        (100.0, 101.0, -0.01, 0.03, "[-1.0, +3.0]"),
        (1000.0, 4.0, -0.9962, -0.9958, "[238, 263]"),
        (1.0, 24.0, 22.0, 25.0, "[23.0, 26.0]"),
        (1000.0, 4.0, -1.0, -0.9, "[-100.0, -90.0]"),
    ],
)
def test_an_interval_speaks_the_language_of_its_change(
    before: float, after: float, low: float, high: float, text: str
) -> None:
    """Per cent beside per cent, times beside times, the smaller end first."""
    assert format_interval(change(before, after, delta_low=low, delta_high=high)) == text
    assert format_interval(change(before, after)) == ""


def test_next_to_nothing_has_one_sign() -> None:
    """No minus before a zero."""
    assert format_change(change(100_000.0, 99_999.0)) == "+0.0 %"
    assert format_interval(change(1e5, 1e5, delta_low=-1e-6, delta_high=0.0)) == "[+0.0, +0.0]"


def test_a_median_has_a_reach_only_where_its_interval_has_the_confidence_asked_for() -> None:
    """Five rounds have no interval at 95 %, and none is made up."""
    six = Estimate(median=100.0, low=98.0, high=101.0, confidence=0.969, values=())
    assert format_median(six, 100.0, "B", 0.95) == "100 B ±2.0%"
    five = replace(six, confidence=0.9375)
    assert format_median(five, 100.0, "B", 0.95) == "100 B"
    assert format_median(None, None, "B", 0.95) == "–"


@pytest.mark.parametrize(
    ("p", "text"),
    [(None, ""), (1.0, "1.00"), (0.5887, "0.59"), (0.0108, "0.0108"), (1e-9, "<0.0001")],
)
def test_small_p_have_more_digits(p: float | None, text: str) -> None:
    """Nobody needs four digits of a half."""
    assert format_p(p) == text


def test_bytes_of_a_change_have_a_sign() -> None:
    """Also where they grew."""
    assert (signed_size(-2048.0), signed_size(512.0)) == ("-2.00 KiB", "+512 B")


def test_names_from_outside_stay_names() -> None:
    """Neither a link, nor a mention, nor a cell, nor a way to drive a terminal."""
    nasty = "](http://x) @all | <b> &lt; www.x.y `x` \x1b[31m"
    found = replace(
        example(),
        before=nasty,
        gone=(nasty,),
        problems=(Problem(scope=Scope.NONE, what=nasty),),
        paths=(replace(PATHS[0], path=(nasty,)),),
    )
    page = render_markdown(found)
    outside_code = re.sub(r"`[^`\n]*`", "", page)
    assert "\x1b" not in page
    assert "<b>" not in outside_code
    assert re.search(r"(?<!\\)@all", outside_code) is None
    assert "](" not in outside_code
    assert re.search(r"http://|www\.x|(?<!\\)&lt;", outside_code) is None
    assert "\x1b" not in render_comparison(found)
