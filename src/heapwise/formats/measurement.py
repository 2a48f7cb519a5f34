"""Amounts as pprof reads and prints them: ``512kB``, ``1.50s``, ``12.50%``.

Views of profiles show pprof's text, so they use its units too: ``kB`` is 1024 bytes here. Whatever
heapwise says in its own voice is printed by `heapwise.units`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from heapwise.units import format_count


class _Unit(NamedTuple):
    shown: str
    factor: float
    names: tuple[str, ...]


_BYTES = (
    _Unit("B", 1, ("b", "byte")),
    _Unit("kB", 1 << 10, ("kb", "kbyte", "kilobyte")),
    _Unit("MB", 1 << 20, ("mb", "mbyte", "megabyte")),
    _Unit("GB", 1 << 30, ("gb", "gbyte", "gigabyte")),
    _Unit("TB", 1 << 40, ("tb", "tbyte", "terabyte")),
    _Unit("PB", 1 << 50, ("pb", "pbyte", "petabyte")),
)
_TIME = (
    _Unit("ns", 1, ("ns", "nanosecond")),
    _Unit("us", 1e3, ("μs", "us", "microsecond")),
    _Unit("ms", 1e6, ("ms", "millisecond")),
    _Unit("s", 1e9, ("s", "sec", "second")),
    _Unit("hrs", 3600e9, ("hour", "hr")),
)
_COMPUTE = tuple(
    _Unit(f"{letter}*GCU" if letter else "GCU", 10.0**power, (f"{prefix}gcu",))
    for letter, prefix, power in (
        ("n", "nano", -9), ("u", "micro", -6), ("m", "milli", -3), ("", "", 0), ("k", "kilo", 3),
        ("M", "mega", 6), ("G", "giga", 9), ("T", "tera", 12), ("P", "peta", 15),
    )
)  # fmt: skip
_FAMILIES = ((_BYTES, _BYTES[0]), (_TIME, _TIME[3]), (_COMPUTE, _COMPUTE[3]))
"""Units that convert into each other, and the one that is shown where none is asked for."""

_NOT_SHOWN = {"count", "sample", "unit", "minimum", "auto"}

AUTOMATIC = "minimum"
"""The output unit pprof starts from: the one that suits the smallest row."""


def scale(value: int, unit: str, wanted: str) -> tuple[float, str]:
    """Convert an amount; the unit comes out as it is shown, empty where it is not worth a word.

    Args:
        value: in ``unit``.
        unit: any of its names, in any case, singular or plural.
        wanted: a unit; ``auto`` or ``minimum`` is the largest that leaves a number above one. A
            unit of another family, as bytes for seconds, gives the family's own default.
    """
    if value < 0:
        scaled, shown = scale(-value, unit, wanted)
        return -scaled, shown
    for units, default in _FAMILIES:
        source = _find(units, unit)
        if source is not None:
            base = value * source.factor
            target = _target(units, default, base, wanted)
            return base / target.factor, target.shown
    return float(value), "" if wanted in _NOT_SHOWN else wanted


def same_family(one: str, other: str) -> bool:
    """True where amounts in the two units can be compared."""
    return one == other or any(
        _find(units, one) is not None and _find(units, other) is not None for units, _ in _FAMILIES
    )


def label(value: int, unit: str, wanted: str = "auto") -> str:
    """An amount with its unit and at most two decimals: ``1.50kB``."""
    scaled, shown = scale(value, unit, wanted)
    text = f"{scaled:.2f}".removesuffix(".00")
    return "0" if text in {"0", "-0"} else text + shown


def percentage(value: int, total: int) -> str:
    """The share of a total, six characters wide: `` 9.52%``, ``  100%``, ``1.2e-05%``."""
    ratio = abs(value / total) * 100 if total else 0.0
    if 99.95 <= ratio <= 100.05:
        return "  100%"
    return f"{ratio:5.2f}%" if ratio >= 1 else f"{ratio:5.2g}%"


@dataclass(frozen=True, slots=True)
class Amounts:
    """How the values of one view are printed.

    Attributes:
        unit: of the values in the profile.
        wanted: the unit to print.
        ratio: what values are multiplied by first; 0 for not at all.
        decimals: counts per something are worth what stands behind their point.
    """

    unit: str
    wanted: str = AUTOMATIC
    ratio: float = 1.0
    decimals: bool = False

    def text(self, value: int) -> str:
        """One value; what a ratio leaves behind the point is cut off, as pprof does, or shown."""
        if self.decimals:
            return format_count(value * self.ratio)
        return label(self.times(value), self.unit, self.wanted)

    def times(self, value: int) -> int:
        """The value by the ratio."""
        usable = self.ratio > 0 and self.ratio != 1 and math.isfinite(self.ratio)
        return int(value * self.ratio) if usable else value


def _find(units: tuple[_Unit, ...], name: str) -> _Unit | None:
    name = name.lower()
    if len(name) > 2:
        name = name.removesuffix("s")
    return next((unit for unit in units if name in unit.names), None)


def _target(units: tuple[_Unit, ...], default: _Unit, base: float, wanted: str) -> _Unit:
    if wanted not in {"auto", "minimum"}:
        return _find(units, wanted) or default
    fitting = [unit for unit in units if base / unit.factor >= 1]
    return max(fitting, key=lambda unit: unit.factor) if fitting else default
