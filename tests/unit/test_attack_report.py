"""Hits as vegeta counts them: histogram, percentile distribution, report."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.attack_report import (
    HDR_SHARES,
    attack_report,
    histogram,
    latencies,
    measured,
    percentiles,
)
from heapwise.cli.report_kinds import KINDS, ReportKinds
from heapwise.errors import UsageError
from heapwise.formats.buckets import go_duration, parse_buckets
from heapwise.model.load import HitFlag, Hits, Outcome
from heapwise.report.load_hist import render_hdrplot, render_hist
from heapwise.units import parse_duration

MS = 1_000_000
WALL = 1_790_000_000_000_000_000


def some_hits() -> Hits:
    """A warm-up hit of 9 s; then 1 ms, 2 ms, a timeout of 4 ms, a 503 of 5 ms, one never sent."""
    table = np.zeros((6, 11), np.int64)
    hits = Hits.from_rows(table)
    hits.intended[:] = np.arange(6) * 10 * MS
    hits.sent[:] = hits.ready[:] = hits.intended
    hits.done[:] = hits.intended + np.array([9000, 1, 2, 4, 5, 0]) * MS
    hits.status[:] = (200, 200, 301, 200, 503, 0)
    hits.bytes_in[:] = 10
    hits.outcome[3], hits.outcome[5] = Outcome.TIMEOUT, Outcome.NEVER_SENT
    hits.sent[5] = hits.ready[5] = hits.done[5] = -1
    hits.flags[0] = HitFlag.WARMUP
    return hits


def test_the_report_counts_as_vegeta_does() -> None:
    """But without the warm-up, and with no latency for what was never sent."""
    report = attack_report(
        measured(some_hits()), zero_ns=WALL, errors=["timeout"], buckets=(0, 2 * MS, 5 * MS)
    )
    assert (report.requests, report.success) == (5, 2 / 5)
    assert report.status_codes == {"0": 2, "200": 1, "301": 1, "503": 1}
    assert (report.latencies.min, report.latencies.p50, report.latencies.max) == (
        MS,
        2 * MS,
        5 * MS,
    )
    assert (report.latencies.total, report.latencies.mean) == (12 * MS, 3 * MS)
    assert report.buckets == {"0": 1, "2000000": 2, "5000000": 1}
    assert (report.bytes_in.total, report.bytes_in.mean) == (50, 10)
    assert report.earliest == "2026-09-21T14:13:20.010000000Z"
    assert (report.duration, report.wait) == (40 * MS, 0)
    assert report.rate == pytest.approx(5 / 0.04)
    assert report.throughput == pytest.approx(2 / 0.04)


def test_one_hit_has_no_duration() -> None:
    """As with vegeta its rate is the count itself: no division by zero, no infinity."""
    one = some_hits().select(np.arange(6) == 1)
    report = attack_report(one, zero_ns=WALL, errors=())
    assert (report.duration, report.rate, report.throughput, report.wait) == (0, 1, 1, MS)


@given(
    st.lists(st.integers(0, 100), max_size=60),
    st.lists(st.integers(1, 100), max_size=8, unique=True).map(sorted),
)
def test_buckets_hold_what_lies_between_their_bounds(values: list[int], bounds: list[int]) -> None:
    """Each latency in the one bucket whose lower bound it reaches and whose upper it does not."""
    buckets = (0, *bounds)
    rows = histogram(np.array(sorted(values), np.int64), buckets)
    highs = [high for _, high in pairwise((*buckets, 1 << 60))]
    assert [row.count for row in rows] == [
        sum(low <= value < high for value in values)
        for low, high in zip(buckets, highs, strict=True)
    ]
    assert rows[-1].high is None


def test_percentiles_are_exact_and_end_at_the_maximum() -> None:
    """Of 1 to 1000 each share is its own value, and every row tells how many it covers."""
    rows = {row.share: row for row in percentiles(np.arange(1, 1001))}
    assert (rows[0.0].value, rows[0.5].value, rows[0.99375].value) == (1, 500, 994)
    assert (rows[0.5].count, rows[1.0].count, rows[1.0].value) == (500, 1000, 1000)
    assert [*rows] == sorted(HDR_SHARES)
    assert len(HDR_SHARES) == 94
    assert percentiles(np.empty(0, np.int64)) == ()


def test_text_stands_in_vegetas_columns() -> None:
    """Two spaces apart, the last one ragged."""
    ordered = latencies(measured(some_hits()))
    assert render_hist(histogram(ordered, parse_buckets("[2ms,1m30s]"))).splitlines() == [
        "Bucket           #  %       Histogram",
        "[0s,     2ms]    1  25.00%  " + "#" * 18,
        "[2ms,    1m30s]  3  75.00%  " + "#" * 56,
        "[1m30s,  +Inf]   0  0.00%   ",
    ]
    head, first, *_, last = render_hdrplot(percentiles(ordered)).splitlines()
    assert head == "Value(ms)  Percentile  TotalCount  1/(1-Percentile)"
    assert first == "1.000000   0.000000    0           1.000000"
    assert last == "5.000000   1.000000    4           10000000.000000"


@pytest.mark.parametrize(
    ("text", "bounds"),
    [("[0,1ms, 10ms]", (0, MS, 10 * MS)), ("[1.5ms]", (0, 1_500_000)), (" [0] ", (0,))],
)
def test_buckets_are_read_as_vegeta_reads_them(text: str, bounds: tuple[int, ...]) -> None:
    """The first begins at 0 whether that is said or not."""
    assert parse_buckets(text) == bounds


@pytest.mark.parametrize(
    "text", ["", "[]", "[1ms", "0,1ms", "[1]", "[1ms,1ms]", "[2ms,1ms]", "[-1ms]", "[1ms,]"]
)
def test_buckets_that_are_none_are_refused(text: str) -> None:
    """One line, never a histogram of something else."""
    with pytest.raises(UsageError):
        parse_buckets(text)


def test_more_buckets_than_anybody_reads_are_refused() -> None:
    """A thousand are enough."""
    with pytest.raises(UsageError, match="at most"):
        parse_buckets("[" + ",".join(f"{n}ns" for n in range(1001)) + "]")


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"), (1, "1ns"), (1_500, "1.5µs"), (MS, "1ms"), (1_000_001, "1.000001ms"),
        (10**9, "1s"), (90 * 10**9, "1m30s"), (3600 * 10**9, "1h0m0s"),
        (3_661_000_000_005, "1h1m1.000000005s"),
    ],
)  # fmt: skip
def test_durations_are_printed_as_go_prints_them(ns: int, text: str) -> None:
    """The largest unit that fits below a second, hours, minutes and seconds above."""
    assert go_duration(ns) == text


@given(st.integers(1, 10**15))
def test_durations_are_printed_exactly(ns: int) -> None:
    """What is read back is the same number."""
    assert parse_duration(go_duration(ns)) == ns


def test_kinds_of_report_complete() -> None:
    """What begins with h is offered; what is no kind is refused with those that are."""
    kinds = ReportKinds()
    found = kinds.shell_complete(None, None, "h")  # type: ignore[arg-type]  # neither is used
    assert [item.value for item in found] == ["html", "hist", "hdrplot"]
    for wrong in ("plot", "hdrplot[1ms]", "hist[1]", ""):
        with pytest.raises(Exception, match=r"no such kind|not a duration"):
            kinds.convert(wrong, None, None)
    assert kinds.convert("hist[1ms]", None, None).buckets == (0, MS)
    assert {kinds.convert(kind, None, None).name for kind in KINDS} == set(KINDS)
