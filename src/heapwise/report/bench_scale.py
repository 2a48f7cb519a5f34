"""Scales measurements for people: at least three significant digits, and a prefix.

The thresholds are those of golang.org/x/perf/benchunit: a value takes the next prefix where it
would otherwise be rounded to a digit more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

_DECIMAL = tuple(
    (10.0**power if power >= 0 else 1 / 10.0**-power, prefix)
    for power, prefix in zip(
        range(12, -12, -3), ("T", "G", "M", "k", "", "m", "µ", "n"), strict=True
    )
)
_BINARY = tuple(
    (2.0**power, prefix)
    for power, prefix in zip(range(40, -10, -10), ("Ti", "Gi", "Mi", "Ki", ""), strict=True)
)
_ROUNDED_UP = ("99.995", 1), ("9.9995", 2), (".99995", 3)
"""From which value on so many digits after the point are enough, for one of a prefix."""

_MOST_DIGITS = 10


class Scale(NamedTuple):
    """How to print some values alike.

    Attributes:
        digits: after the point.
        factor: values are divided by it.
        prefix: of the unit.
    """

    digits: int
    factor: float
    prefix: str

    def format(self, value: float) -> str:
        """The value with its prefix and without its unit."""
        return fixed(value / self.factor, self.digits) + self.prefix


def scale_for(values: Iterable[float], *, binary: bool) -> Scale:
    """The scale that gives the value nearest to 0, other than 0, three significant digits."""
    sizes = [abs(value) for value in values if value]
    if not sizes:
        return Scale(3, 1.0, "")
    smallest = min(sizes)
    for factor, prefix in _BINARY if binary else _DECIMAL:
        for threshold, digits in _ROUNDED_UP:
            if smallest >= _at(threshold, factor, binary=binary):
                return Scale(digits, factor, prefix)
    factor, prefix = (_BINARY if binary else _DECIMAL)[-1]
    for digits in range(4, _MOST_DIGITS):
        if smallest / factor >= float(f"9.9995e{2 - digits}"):
            return Scale(digits, factor, prefix)
    return Scale(_MOST_DIGITS, factor, prefix)


def fixed(value: float, digits: int, sign: str = "") -> str:
    """A number with so many digits after the point, and infinities as Go prints them.

    Args:
        value: any.
        digits: after the point.
        sign: ``+`` to print that of positive numbers too.
    """
    if math.isnan(value):
        return f"{sign}NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:{sign}.{digits}f}"


def _at(threshold: str, factor: float, *, binary: bool) -> float:
    """A threshold times a factor; a decimal one as read, so that printing rounds the same way."""
    if binary:
        return float(threshold) * factor
    return float(f"{threshold}e{round(math.log10(factor))}")
