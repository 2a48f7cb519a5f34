"""Go's metrics on a page: read, or refused in one line."""

from __future__ import annotations

import math
from itertools import repeat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.prometheus_text import (
    MAX_LINES,
    Scrape,
    looks_like_metrics,
    parse_prometheus,
)
from heapwise.model.gc import TimeHistogram

DATA = Path(__file__).parent.parent / "data" / "gctrace"
NAME = "go_sched_pauses_total_gc_seconds"


def read(text: str) -> Scrape:
    """A page in which something else tells that it is Go's."""
    return parse_prometheus(["go_goroutines 7\n", *text.splitlines(keepends=True)])


def buckets(*pairs: tuple[str, str]) -> str:
    """The lines of a histogram."""
    return "\n".join(f'{NAME}_bucket{{le="{edge}"}} {count}' for edge, count in pairs)


def test_a_real_page_of_client_golang_is_read() -> None:
    """Counters, gauges, the summary of pauses and the version, all of Go 1.26."""
    with (DATA / "metrics-default.txt").open() as lines:
        page = parse_prometheus(lines)
    assert page.version.startswith("go1.26")
    assert page.values["go_memstats_heap_inuse_bytes"] > 30e6
    assert page.values["go_gc_duration_seconds_count"] == 42
    assert sorted(page.summaries["go_gc_duration_seconds"]) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert page.foreign == 0


def test_a_real_histogram_is_taken_apart() -> None:
    """Counts up to each edge become counts between two, in ns, and add up to what was counted."""
    with (DATA / "metrics-runtime-2.txt").open() as lines:
        page = parse_prometheus(lines)
    histogram = page.histograms[NAME]
    assert histogram.total == 2 * page.values["go_gc_cycles_total_gc_cycles_total"]
    assert histogram.bounds[0] == pytest.approx(64)
    assert len(histogram.counts) == len(histogram.bounds) + 1


def test_counts_up_to_an_edge_become_counts_between_edges() -> None:
    """In whatever order they stand."""
    page = read(buckets(("+Inf", "9"), ("0.001", "4"), ("1e-06", "1")))
    assert page.histograms[NAME] == TimeHistogram((1000.0, 1_000_000.0), (1, 3, 5))


def test_openmetrics_and_timestamps_are_read_as_well() -> None:
    """A time behind the value and the end mark change nothing."""
    page = read("go_threads 6 1795250172086\nprocess_cpu_seconds_total 1.5\r\n# EOF\n")
    assert page.values == {
        "go_goroutines": 7.0, "go_threads": 6.0, "process_cpu_seconds_total": 1.5,
    }  # fmt: skip


def test_metrics_of_the_application_are_left_alone() -> None:
    """Whatever they are called and however wrong they are."""
    page = read('http_requests_total{path="}"} many\ngo_x{pod="a"} 1\n\x00\n{}\ngo_y NaN\n')
    assert page.values == {"go_goroutines": 7.0}
    assert page.foreign == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no metrics of a Go runtime"),
        ("http_requests_total 5\n", "no sample begins with go_"),
        ('go_goroutines{instance="a"} 1\ngo_goroutines{instance="b"} 1\n', "other processes"),
        ("go_goroutines 1\ngo_goroutines 2\n", "more than one moment"),
        (f"go_goroutines 1\n{buckets(('0.1', '5'), ('+Inf', '4'))}", "contradicts itself"),
        (f"go_goroutines 1\n{buckets(('0.1', '5'))}", "contradicts itself"),
        (f"go_goroutines 1\n{buckets(('0.1', '0.5'), ('+Inf', '4'))}", "contradicts itself"),
        (f"go_goroutines 1\n{buckets(('0.1', '1'), ('+Inf', '1e300'))}", "contradicts itself"),
        (f"go_goroutines 1\n{buckets(('-1', '1'), ('+Inf', '4'))}", "negative"),
        (f"go_goroutines 1\n{buckets(('x', '1'), ('+Inf', '4'))}", "an edge 'x'"),
        (f"go_goroutines 1\n{buckets(('0.1', '1'), ('0.10', '1'), ('+Inf', '4'))}", "twice"),
    ],
)
def test_what_is_no_page_of_one_process_is_refused_in_one_line(text: str, why: str) -> None:
    """Other services, many processes at once, two pages in one file, and nonsense."""
    with pytest.raises(ProfileError) as caught:
        parse_prometheus(text.splitlines(keepends=True))
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_page_without_end_is_refused() -> None:
    """Whether it repeats lines of others or invents new ones of Go's."""
    with pytest.raises(ProfileError, match="too large"):
        parse_prometheus(repeat("http_requests_total 5\n", MAX_LINES + 2))
    with pytest.raises(ProfileError, match="too large"):
        parse_prometheus(f"go_{number} 1\n" for number in range(10**9))


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("# HELP app_orders_total Orders.\napp_orders_total 1\n", True),
        ('go_gc_duration_seconds{quantile="0"} 1e-05\n', True),
        ("go_goroutines 7\n", True),
        ("2026/01/02 go_on now\n", False),
        ("gc 1 @0.004s 10%: 0.011+2.6+0.004 ms clock", False),
        ("", False),
    ],
)
def test_a_page_is_told_from_a_log(text: str, metrics: bool) -> None:
    """By a comment of the format, or a sample of Go's."""
    assert looks_like_metrics(text) is metrics


@given(st.lists(st.text(max_size=80), max_size=20))
def test_no_text_is_more_than_refused(lines: list[str]) -> None:
    """Either there are metrics on it, or it says why not."""
    try:
        page = parse_prometheus(lines)
    except ProfileError:
        return
    assert all(map(math.isfinite, page.values.values()))


@given(
    edges=st.lists(st.floats(0, 1e6), unique=True, max_size=30),
    counts=st.lists(st.integers(0, 10**6), min_size=31, max_size=31),
)
def test_a_histogram_survives_being_printed(edges: list[float], counts: list[int]) -> None:
    """The counts of the buckets are those that were added up for the page."""
    edges.sort()
    total, lines = 0, []
    for edge, count in zip([*edges, math.inf], counts, strict=False):
        total += count
        lines.append((repr(edge) if edge < math.inf else "+Inf", str(total)))
    histogram = read(buckets(*lines)).histograms[NAME]
    assert list(histogram.counts) == counts[: len(edges) + 1]
    assert histogram.bounds == pytest.approx([edge * 1e9 for edge in edges], abs=0.01)
