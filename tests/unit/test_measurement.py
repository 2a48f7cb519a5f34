"""Amounts as pprof prints them; whole reports are judged by pprof in tests/integration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.formats.measurement import Amounts, label, percentage, same_family, scale


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "text"),
    [
        (0, "bytes", "auto", "0"),
        (1023, "bytes", "auto", "1023B"),
        (1536, "bytes", "auto", "1.50kB"),
        (-(1 << 20), "Bytes", "auto", "-1MB"),
        (3 << 30, "byte", "MB", "3072MB"),
        (5, "megabytes", "kb", "5120kB"),
        (1_500_000_000, "nanoseconds", "auto", "1.50s"),
        (7_200_000_000_000, "ns", "auto", "2hrs"),
        (2500, "us", "ms", "2.50ms"),
        (1, "bytes", "seconds", "1B"),
        (1, "nanoseconds", "MB", "0"),
        (12, "count", "auto", "12"),
        (12, "count", "MB", "12MB"),
        (5, "milliGCU", "auto", "5m*GCU"),
        (1, "bytes", "GB", "0"),
    ],
)
def test_amounts_are_scaled_within_their_family(
    value: int, unit: str, wanted: str, text: str
) -> None:
    """Another family's unit gives the default one; what has no family keeps its number."""
    assert label(value, unit, wanted) == text


@pytest.mark.parametrize(
    ("value", "total", "text"),
    [
        (0, 5, "    0%"),
        (1, 0, "    0%"),
        (9995, 10_000, "  100%"),
        (9994, 10_000, "99.94%"),
        (1, 100, " 1.00%"),
        (1, 200, "  0.5%"),
        (-1, 3, "33.33%"),
        (1, 10_000_000, "1e-05%"),
        (5, 3, "166.67%"),
    ],
)
def test_shares_are_printed_as_pprof_prints_them(value: int, total: int, text: str) -> None:
    """Two decimals above one per cent, two digits below."""
    assert percentage(value, total) == text


def test_a_ratio_cuts_off_what_is_behind_the_point() -> None:
    """And 1, 0 and infinity change nothing."""
    assert Amounts("count", ratio=1 / 3).text(-8) == "-2"
    assert Amounts("count", ratio=float("inf")).text(8) == "8"
    assert Amounts("bytes", "kB", 0.5).text(4096) == "2kB"


def test_units_can_be_compared_within_a_family_only() -> None:
    """Whatever names they go by."""
    assert same_family("ns", "seconds")
    assert same_family("requests", "requests")
    assert not same_family("bytes", "seconds")


@given(st.integers(-(1 << 63), 1 << 63), st.sampled_from(["bytes", "ns", "count", "", "s"]))
def test_scaling_there_and_back_loses_nothing_to_speak_of(value: int, unit: str) -> None:
    """The shown unit is one that scaling understands."""
    scaled, shown = scale(value, unit, "auto")
    factor, _ = scale(1, shown or unit, unit)
    assert scaled * factor == pytest.approx(value, rel=1e-9)
