"""What the HTML page shows of slow hits, of a trace and of rounds."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from heapwise.model.comparison import ComparisonRow, Estimate, PathChange, Verdict
from heapwise.report.html import render_html
from heapwise.report.html_summary import bounds
from heapwise.report.path_flame import ROW, icicle
from heapwise.report.round_plot import strips
from support import evidence, reports

HOSTILE = "</td><script>hacked()</script>\u202e\x1b[31m"


class Text(HTMLParser):
    """The text of a page, outside of scripts, with single blanks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self._parts: list[str] = []
        self.feed(page)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's signature
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.tags or self.tags[-1] not in ("script", "style"):
            self._parts.append(data)


def one() -> Text:
    """The page of a run whose tail is explained."""
    return Text(render_html([evidence.explained()]))


def two() -> Text:
    """The page of six rounds of each side."""
    return Text(render_html([reports.before(), reports.after()], evidence.rounds()))


def test_the_table_of_causes_says_who_is_to_blame() -> None:
    """With the count by chance beside the count, and what would be left without the cause."""
    text = one().text
    assert "171 of 200 overlap a mark assist; 62 would by chance" in text
    assert "GC mark assist yes 171 61.5 2.1 % 0.001" in text
    assert "above the median. Without it p99 would be 9.10 ms" in text
    assert "200 hits of 48.6 ms or more: 171 of 200" in text
    assert "cgroup CPU throttling not measured the service runs in no cgroup" in text
    assert "collector seen by gctrace, 98.0 % of all collections" in text


def test_an_attribution_that_is_refused_says_why() -> None:
    """And shows no table."""
    refused = replace(evidence.tail(), refused="the clocks disagree by 80 ms", groups=())
    page = Text(render_html([replace(evidence.explained(), tail=refused)])).text
    assert "Nothing is attributed: the clocks disagree by 80 ms" in page
    assert "by chance" not in page


def test_the_bottleneck_comes_with_its_bounds() -> None:
    """Amdahl's, for the heaviest candidate."""
    text = one().text
    assert "Bottleneck: allocation/GC-bound · 93.0 % of its CPU used" in text
    assert (
        f"Removing {reports.OWNER} entirely (44.5 % of the CPU) would divide the CPU per request "
        "by at most 1.80."
    ) in text


def test_the_trace_says_what_it_does_not_know() -> None:
    """A trace alone does not say who allocates, and a cut one where it was cut."""
    text = one().text
    assert "A trace tells that the collector hurts and when, not who allocates" in text
    assert "cut: the file ends in the middle of a batch at byte 8,388,608" in text
    assert "net/http.(*conn).serve 389 164 ms 210 µs 5.50 ms 6.20 ms" in text


def test_the_charts_get_bands_and_dots() -> None:
    """As data, beside the page's script."""
    page = render_html([evidence.explained()])
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    (run,) = json.loads(block[1])
    assert [band["name"] for band in run["bands"]] == ["GC mark", "assist", "stop-the-world"]
    assert [series["name"] for series in run["slow"]] == ["slow, GC active", "slow, no GC"]


def test_rounds_are_dots_with_an_interval() -> None:
    """Six of each side in every row, and the corrected p of the primary one."""
    page = two()
    rows = sum(row.base is not None for row in evidence.rounds().rows)
    assert page.tags.count("ellipse") == 12 * rows
    assert "6 and 6 rounds" in page.text
    assert "B/req primary 1.04 MiB 4.35 KiB −99.6 % (244×) −99.9 % to −90.0 % 0.011" in page.text
    assert page.text.count("Better: 99.6 % fewer bytes per request") == 1


def test_paths_are_drawn_and_listed() -> None:
    """The icicle's frames carry their figures as titles."""
    page = two()
    assert "newFastEnc: 699 KiB -> 66 B per request" in page.text
    assert "Call paths before and after" in page.text


def test_single_runs_show_no_rounds() -> None:
    """Nothing to draw."""
    page = Text(render_html([reports.before(), reports.after()], reports.comparison()))
    assert "ellipse" not in page.tags


@pytest.mark.parametrize("name", [HOSTILE, "{{ 7 * 7 }}"])
def test_names_in_evidence_stay_text(name: str) -> None:
    """No function, reason or goroutine gets out of its cell."""
    tail = evidence.tail()
    group = replace(
        tail.groups[0], sentence=name, causes=(replace(tail.groups[0].causes[0], why=name),)
    )
    trace = evidence.trace()
    run = replace(
        evidence.explained(),
        tail=replace(tail, groups=(group,), notes=(name,)),
        trace=replace(trace, assists=(replace(trace.assists[0], name=name),), harm=(name,)),
    )
    rounds = evidence.rounds()
    paths = (replace(rounds.paths[0], path=(name, name)),)
    pages = (
        render_html([run]),
        render_html([run, reports.after()], replace(rounds, paths=paths, how=(name,))),
    )
    plain = (
        render_html([evidence.explained()]),
        render_html([evidence.explained(), reports.after()], rounds),
    )
    for page, calm in zip(pages, plain, strict=True):
        assert Text(page).tags.count("script") == Text(calm).tags.count("script")
        assert "\u202e" not in page


FINITE = st.floats(-1e12, 1e12)


@settings(deadline=None)
@given(st.lists(FINITE, min_size=1, max_size=9), st.lists(FINITE, min_size=1, max_size=9))
def test_every_dot_stands_on_the_strip(base: list[float], new: list[float]) -> None:
    """Whatever the values, and where an interval has no end."""
    sides = [
        Estimate(
            median=values[0], low=float("-inf"), high=float("inf"), confidence=0.5,
            values=tuple(values),
        )
        for values in (base, new)
    ]  # fmt: skip
    row = ComparisonRow(
        metric="bytes/work", name="B/req", unit="B", before=1.0, after=1.0, delta=0.0,
        verdict=Verdict.SAME, base=sides[0], new=sides[1],
    )  # fmt: skip
    drawn = strips(row)
    assert drawn is not None
    for strip, values in zip(drawn, (base, new), strict=True):
        assert len(strip.dots) == len(values)
        assert all(0 <= each <= 100 for each in (*strip.dots, strip.median))
        assert (strip.low, strip.high) == (0, 100)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from("abcd"), max_size=5), st.floats(0, 1e9), st.floats(0, 1e9)
        ),
        max_size=12,
    )
)
def test_frames_never_overlap_and_stay_below_their_caller(
    paths: list[tuple[list[str], float, float]],
) -> None:
    """An icicle is as wide as its root, at every depth."""
    drawn = icicle(
        PathChange(path=tuple(path), before=b, after=a, low=0, high=0, p=1, q=1, changed=False)
        for path, b, a in paths
    )
    for depth in range(drawn.height // ROW):
        row = sorted(box for box in drawn.boxes if box.y == depth * ROW)
        for left, right in pairwise(row):
            assert left.x + left.width <= right.x + 0.01
        assert all(box.x + box.width <= 100.01 for box in row)


def test_an_interval_without_end_is_said_to_have_none() -> None:
    """A question mark, not a number."""
    row = replace(evidence.rounds().rows[0], delta_low=-0.5, delta_high=float("inf"))
    assert bounds(row) == "−50.0 % to ?"
