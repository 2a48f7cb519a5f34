"""Sizes, durations and rates read and print the way Go's, pprof's and vegeta's users expect."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import UsageError
from heapwise.units import (
    format_count,
    format_duration,
    format_rate,
    format_share,
    format_size,
    format_value,
    how_many,
    parse_duration,
    parse_rate,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0", 0),
        ("250ms", 250_000_000),
        ("1m30s", 90_000_000_000),
        ("1.5h", 5_400_000_000_000),
        (".5s", 500_000_000),
        ("3µs", 3_000),
        ("3us", 3_000),
        ("7ns", 7),
    ],
)
def test_duration_reads_gos_grammar(text: str, ns: int) -> None:
    """A duration is numbers with units, as Go writes them."""
    assert parse_duration(text) == ns


@pytest.mark.parametrize("text", ["", "5", "s", "1m30", "-1s", "1 s", "1d", "1e3s", "٣s"])
def test_duration_without_a_unit_is_refused(text: str) -> None:
    """Anything that Go would not read is refused with an example of what to write."""
    with pytest.raises(UsageError, match="not a duration") as caught:
        parse_duration(text)
    assert "30s" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "size"),
    [("64MiB", 64 << 20), ("512k", 512 << 10), ("1.5GB", 1_500_000_000), ("7", 7), ("7 B", 7)],
)
def test_size_tells_binary_from_decimal_units(text: str, size: int) -> None:
    """KiB and k are 1024, kB is 1000."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "12 parsecs", "-3k", "1..2k"])
def test_size_refuses_what_is_not_one(text: str) -> None:
    """A word that is no size is named in the error."""
    with pytest.raises(UsageError, match="not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1000", Fraction(1000)),
        ("1000/s", Fraction(1000)),
        ("50/1m", Fraction(5, 6)),
        ("2.5/s", Fraction(5, 2)),
        ("1/250ms", Fraction(4)),
    ],
)
def test_rate_is_exact(text: str, rate: Fraction) -> None:
    """A rate is kept as a fraction, so that no schedule drifts."""
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["0", "-5", "fast", "5/", "5/0s", "5/x"])
def test_rate_must_be_above_zero(text: str) -> None:
    """A rate that sends nothing, or is none, is refused."""
    with pytest.raises(UsageError):
        parse_rate(text)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (format_size(0), "0 B"),
        (format_size(1_088_229), "1.04 MiB"),
        (format_size(4_457), "4.35 KiB"),
        (format_size(-2048), "-2.00 KiB"),
        (format_duration(0), "0 s"),
        (format_duration(440_000), "440 µs"),
        (format_duration(1_720_000), "1.72 ms"),
        (format_duration(31e9), "31.0 s"),
        (format_duration(90e9), "90.0 s"),
        (format_share(0.988), "98.8 %"),
        (format_share(0.0004), "0.04 %"),
        (format_share(0), "0 %"),
        (format_count(79.4), "79.4"),
        (format_count(6243), "6,243"),
        (format_rate(1000), "1,000/s"),
        (how_many(1, "round"), "1 round"),
        (how_many(0, "round"), "0 rounds"),
        (how_many(6243, "round"), "6,243 rounds"),
        (format_value(None, "B"), "–"),
        (format_value(float("nan"), "ns"), "–"),
    ],
)
def test_values_print_with_three_digits(text: str, printed: str) -> None:
    """Figures print short, with their unit, and a missing one never prints as zero."""
    assert text == printed


@given(st.integers(0, 10**18))
def test_sizes_that_print_can_be_read_back(size: int) -> None:
    """What format_size prints, parse_size reads to within its three digits."""
    read = parse_size(format_size(size).replace(",", "").replace("PiB", "TiB"))
    if size < 1 << 49:
        assert read == pytest.approx(size, rel=6e-3)


@given(st.text())
def test_no_text_escapes_the_parsers(text: str) -> None:
    """Whatever is typed, the only error is a UsageError."""
    for parse in (parse_duration, parse_size, parse_rate):
        try:
            parse(text)
        except UsageError:
            continue
