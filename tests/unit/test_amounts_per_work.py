"""Counts per unit of work keep their decimals in every view; other amounts are cut as in pprof."""

from __future__ import annotations

from heapwise.model.graph import Call, Frame, Graph, Trace, Traces
from heapwise.model.tables import Row
from heapwise.report.head import amounts, ranking_lines
from heapwise.report.traces import traces_lines
from heapwise.report.tree import tree_lines


def graph(unit: str, per: str) -> Graph:
    """Two functions over 1000 requests."""
    return Graph(
        source="x.hw", sample_type="alloc_objects", unit=unit, total=2_400, sorted_by="flat",
        dropped=1, light=1, cutoff=12, ratio=1 / 1000, per=per,
        rows=(Row("main.busy", 2_000, 2_400), Row("main.rare", 400, 400)), weightless=(),
        calls=(Call(0, 1, 400, inline=False, residual=False),),
    )  # fmt: skip


def test_a_tree_shows_less_than_one_object_per_request() -> None:
    """Rows, calls and the head have what is behind the point."""
    lines = "\n".join(tree_lines(graph("count", "req")))
    assert "Showing nodes accounting for 2.40, 100% of 2.40 total" in lines
    assert "Dropped 1 node (cum <= 0.01)" in lines
    assert "         2 83.33% 83.33%       2.40   100%                | main.busy" in lines
    assert "0.40 16.67% |   main.rare" in lines


def test_bytes_per_request_are_whole() -> None:
    """A part of a byte is noise."""
    assert "accounting for 2B, 100% of 2B total" in ranking_lines(graph("bytes", "req"), [2400])[-2]


def test_traces_show_less_than_one_object_per_request() -> None:
    """Each sample has what is behind the point."""
    found = Traces(
        source="x.hw", sample_type="alloc_objects", unit="count", total=400, ratio=1 / 1000,
        per="req", traces=(Trace(400, (Frame("main.rare", inline=False),), ()),),
    )  # fmt: skip
    assert "      0.40   main.rare" in list(traces_lines(found))


def test_without_a_unit_of_work_a_ratio_cuts_counts_as_pprof_does() -> None:
    """-divide_by is pprof's own."""
    assert amounts(graph("count", "")).text(2_999) == "2"
