"""What a plot of hits draws: points that stand out, and nothing that was never measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.hit_plot import plot_load
from heapwise.analysis.thin import telling
from heapwise.formats.hits import plan_of
from heapwise.load.metrics import summarise
from heapwise.model.load import HitFlag, Hits, Outcome
from heapwise.model.plot import LoadPlot
from heapwise.report.plot_html import render_plot
from support.load_hits import MS, PEAK_NS, TARGETS, simulated


def plotted(hits: Hits, limit: int = 4000) -> LoadPlot:
    """The plot of hits."""
    return plot_load("x", hits, summarise(hits, plan_of(hits, TARGETS)), (), limit)


def test_hits_that_failed_stand_apart() -> None:
    """Timeouts and 503 together, everything else OK, the quantiles of all of them as lines."""
    plot = plotted(simulated())
    points = {series.name: series for series in plot.latency}
    assert list(points) == ["OK", "failed", "p50", "p99"]
    assert (len(points["OK"].x), len(points["failed"].x)) == (2910, 90)
    assert max(y for y in points["OK"].y if y is not None) == PEAK_NS


def test_service_time_is_there_where_it_is_known() -> None:
    """A stall of the generator's connections is in the latency and not in the service time."""
    assert plotted(simulated()).service == ()
    assert [each.name for each in plotted(simulated()).percentiles] == ["latency"]
    plot = plotted(simulated(stall=True))
    waited = [
        sum(
            y > 100 * MS for x, y in zip(series.x, series.y, strict=True) if y and 1 <= x < 1.2
        )
        for series in (plot.latency[0], plot.service[0])
    ]  # fmt: skip
    assert waited == [100, 0]
    assert [each.name for each in plot.percentiles] == ["latency", "service time"]


def test_time_counts_from_the_first_measured_hit() -> None:
    """The warm-up is drawn, before zero, and in no percentile."""
    hits = simulated(2000)
    hits.flags[:500] = HitFlag.WARMUP
    hits.done[0] = hits.intended[0] + 5000 * MS
    plot = plotted(hits)
    assert min(plot.latency[1].x) == -0.5
    assert max(y for y in plot.percentiles[0].y if y is not None) == PEAK_NS


def test_what_was_never_sent_is_not_drawn() -> None:
    """It has no latency; it is among the failed of the rate."""
    hits = simulated(100)
    hits.outcome[:] = Outcome.NEVER_SENT
    for column in (hits.ready, hits.sent, hits.done):
        column[:] = -1
    plot = plotted(hits)
    assert plot.latency == plot.service == plot.percentiles == ()
    assert [each.name for each in plot.rate] == ["sent", "failed"]
    assert 'id="data"' in render_plot([plot], "")


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=400), st.integers(10, 200),
)  # fmt: skip
def test_thinning_keeps_both_extremes_and_both_ends(values: list[int], limit: int) -> None:
    """Of any line, within its limit."""
    x, y = np.arange(len(values), dtype=np.float64), np.array(values, np.float64)
    kept = telling(x, y, limit)
    assert kept == sorted(set(kept))
    assert len(kept) <= limit
    assert {0, len(values) - 1} <= set(kept)
    assert {y[kept].min(), y[kept].max()} == {min(values), max(values)}


@pytest.mark.parametrize("title", ["", "mine"])
def test_a_title_is_the_users_or_the_names(title: str) -> None:
    """Of a load without a name there is one as well."""
    page = render_plot([plotted(simulated(10))], title)
    assert f"<title>{title or 'x'} · heapwise</title>" in page
