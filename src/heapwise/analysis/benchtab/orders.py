"""In which order the values of a key are shown."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from heapwise.formats.benchfmt.numbers import NumberError, parse_float
from heapwise.formats.benchquery.projections import Field

Rank = Callable[[str], tuple[float, ...]]
"""Sorts a value before another; equal ranks are sorted as texts."""

_PREFIXES = "KMGTPEZY"
_SCALED = re.compile(rf"([+-]?[0-9.]+)([k{_PREFIXES}]i?)?[bB]?", re.ASCII)


def rank_of(field: Field, seen: dict[str, int]) -> Rank:
    """The rank of a field's values.

    Args:
        field: with its order.
        seen: the place at which each value appeared first, kept by the caller.
    """
    if field.order == "num":
        return _numeric
    if field.order == "fixed":
        places = {value: place for place, value in enumerate(field.values)}
        return lambda value: (places.get(value, 0),)
    if field.order == "alpha":
        return lambda _value: ()
    return lambda value: (seen.get(value, 0),)


def _numeric(value: str) -> tuple[float, ...]:
    """Numbers first, NaN after them, then everything else."""
    number = parse_scaled(value)
    if number is None:
        return (2,)
    return (1,) if math.isnan(number) else (0, number)


def parse_scaled(text: str) -> float | None:
    """Read a number as people write sizes in names: ``4k``, ``1Mi``, ``64KB``; None for others."""
    try:
        return parse_float(text)
    except NumberError:
        found = _SCALED.fullmatch(text)
    if found is None:
        return None
    try:
        number = parse_float(found[1])
    except NumberError:
        return None
    prefix = found[2] or ""
    power = _PREFIXES.index(prefix[0].upper()) + 1 if prefix else 0
    return number * float(1024 if prefix.endswith("i") else 1000) ** power
