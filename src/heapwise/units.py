"""Bytes, durations, rates and shares: parsed and printed here and nowhere else.

Times are integer nanoseconds, sizes integer bytes, rates exact fractions per second. The input
grammars are Go's (``1m30s``, ``1.5h``), pprof's and Kubernetes' (``512KiB``, ``64MB``) and
vegeta's (``1000``, ``1000/s``, ``50/1m``).
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

from heapwise.errors import UsageError

NS_PER_S = 1_000_000_000

_DURATION_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": NS_PER_S,
    "m": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
}
_DAY_NS = 24 * _DURATION_NS["h"]
_LONGEST_NS = 3650 * _DAY_NS
_DAYS = re.compile(r"(\d{1,6})d(.*)", re.ASCII | re.DOTALL)
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)

_SIZE = {
    "": 1,
    "b": 1,
    "k": 1 << 10, "kib": 1 << 10, "ki": 1 << 10, "kb": 1000,
    "m": 1 << 20, "mib": 1 << 20, "mi": 1 << 20, "mb": 1000**2,
    "g": 1 << 30, "gib": 1 << 30, "gi": 1 << 30, "gb": 1000**3,
    "t": 1 << 40, "tib": 1 << 40, "ti": 1 << 40, "tb": 1000**4,
}  # fmt: skip
_SIZE_TEXT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-zA-Z]*)", re.ASCII)
_RATE_TEXT = re.compile(r"(\d+(?:\.\d+)?)(?:/(.+))?", re.ASCII)


def parse_duration(text: str) -> int:
    """Read Go's duration grammar, ``1m30s`` or ``250ms``, into nanoseconds.

    A bare ``0`` is zero; any other number needs its unit.

    Raises:
        UsageError: the text is not a duration.
    """
    body = text.strip()
    if body == "0":
        return 0
    total = Fraction(0)
    position = 0
    while position < len(body):
        part = _DURATION_PART.match(body, position)
        if part is None:
            break
        total += Fraction(part[1]) * _DURATION_NS[part[2]]
        position = part.end()
    if not body or position != len(body):
        raise UsageError(
            f"not a duration: {text!r}", hint="write a number with a unit, as 30s, 1m30s or 250ms"
        )
    return round(total)


def parse_length(text: str) -> int:
    """Read Go's durations, and days before them: ``15s``, ``2d``, ``1d12h``; ns, ten years at most.

    Raises:
        UsageError: it is none.
    """
    found = _DAYS.fullmatch(text.strip())
    length_ns = int(found[1]) * _DAY_NS if found else 0
    if not found or found[2]:
        length_ns += parse_duration(found[2] if found else text)
    if not 0 < length_ns <= _LONGEST_NS:
        raise UsageError("not a length", "it must be above zero and at most 3650d")
    return length_ns


def parse_size(text: str) -> int:
    """Read a size such as ``64MiB``, ``512k`` or ``1.5GB`` into bytes.

    Raises:
        UsageError: the text is not a size.
    """
    found = _SIZE_TEXT.fullmatch(text.strip())
    factor = _SIZE.get(found[2].lower()) if found else None
    if found is None or factor is None:
        raise UsageError(
            f"not a size: {text!r}", hint="write a number and a unit, as 512KiB or 64MB"
        )
    return round(Fraction(found[1]) * factor)


def parse_rate(text: str) -> Fraction:
    """Read vegeta's rate grammar, ``1000``, ``1000/s`` or ``50/1m``, as requests per second.

    Raises:
        UsageError: the text is not a rate above zero.
    """
    found = _RATE_TEXT.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"not a rate: {text!r}", hint="write requests per time, as 1000 or 50/1m")
    unit = found[2] or "1s"
    period = parse_duration(unit if unit[0].isdigit() else f"1{unit}")
    rate = Fraction(found[1])
    if period <= 0 or rate <= 0:
        raise UsageError(f"not a rate above zero: {text!r}")
    return rate * NS_PER_S / period


def format_size(size: float) -> str:
    """Print bytes with a binary unit and three significant digits: ``1.04 MiB``."""
    return _scaled(size, 1024, ("B", "KiB", "MiB", "GiB", "TiB", "PiB"))


def format_count(count: float) -> str:
    """Print a count with thousands separators, or one decimal when it is small and broken."""
    if count == int(count) or abs(count) >= 999.95:
        return f"{round(count):,}"
    return f"{count:,.1f}" if abs(count) >= 10 else f"{count:,.2f}"


def how_many(count: int, thing: str) -> str:
    """Print a count of things, one or several: ``1 round``, ``6 rounds``.

    Args:
        count: of them.
        thing: one of them, a noun that takes an s.
    """
    return f"{format_count(count)} {thing}{'' if count == 1 else 's'}"


def format_duration(ns: float) -> str:
    """Print nanoseconds with three significant digits: ``1.72 ms``, ``31.0 s``."""
    if not math.isfinite(ns):
        return "–"
    magnitude = abs(ns)
    if magnitude < 1:
        return "0 s" if ns == 0 else f"{ns:.2g} ns"
    for unit, size in (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        scaled = ns / size
        if magnitude < size * 999.5 or unit == "s":
            return f"{_three_digits(scaled)} {unit}"
    raise AssertionError("unreachable")


def format_span(ns: float) -> str:
    """Print a length of time that people wait for: ``2.5 days``, ``12 h``, ``20 min``, ``40 s``."""
    seconds = ns / NS_PER_S
    for unit, size, least in (("days", 86_400, 172_000), ("h", 3600, 3590), ("min", 60, 59.5)):
        if seconds >= least:
            return f"{round(seconds / size, 1):,g} {unit}"
    return format_duration(ns)


def format_share(share: float) -> str:
    """Print a share of one as a percentage: ``98.8 %``, ``0.04 %``."""
    percent = share * 100
    if percent == 0:
        return "0 %"
    digits = 1 if abs(percent) >= 0.95 else 2
    return f"{percent:.{digits}f} %"


def format_rate(per_second: float) -> str:
    """Print a rate per second."""
    return f"{format_count(per_second)}/s"


def format_value(value: float | None, unit: str) -> str:
    """Print a value in one of the catalogue's units: ``B ns count share /s``.

    A missing value prints as an en dash, never as zero.
    """
    if value is None or not math.isfinite(value):
        return "–"
    match unit:
        case "B":
            return format_size(value)
        case "ns":
            return format_duration(value)
        case "share":
            return format_share(value)
        case "/s":
            return format_rate(value)
        case _:
            return format_count(value)


def _scaled(value: float, step: int, units: tuple[str, ...]) -> str:
    if not math.isfinite(value):
        return "–"
    index = 0
    while abs(value) >= step * 0.9995 and index < len(units) - 1:
        value /= step
        index += 1
    if index == 0:
        return f"{format_count(value)} {units[0]}"
    return f"{_three_digits(value)} {units[index]}"


def _three_digits(value: float) -> str:
    magnitude = abs(value)
    if magnitude >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if magnitude >= 9.995 else f"{value:.2f}"
