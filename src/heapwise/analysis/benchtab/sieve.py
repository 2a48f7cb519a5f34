"""Applies a filter: to results, and with ``.unit`` to single values of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from heapwise.analysis.benchtab.extract import Extract, extractor
from heapwise.analysis.user_pattern import UserPattern
from heapwise.formats.benchquery.filters import All, Any, Filter, Match, Not
from heapwise.model.bench import Result

Mask = int
"""One bit for each value of a result: which of them match."""

Sieve = Callable[[Result], Mask]


def sieve(query: Filter) -> Sieve:
    """A function that says which values of a result match.

    Raises:
        UsageError: a regular expression is not one of Go's.
    """
    match query:
        case Match():
            return _matches(query)
        case Not(term):
            inner = sieve(term)
            return lambda result: every_value(result) & ~inner(result)
        case All(terms):
            return both(*map(sieve, terms))
        case Any(terms):
            return _either([sieve(term) for term in terms])


def allows(extract: Extract, values: Iterable[str]) -> Sieve:
    """The filter that a fixed order implies."""
    allowed = frozenset(values)
    return lambda result: every_value(result) if extract(result) in allowed else 0


def both(*sieves: Sieve) -> Sieve:
    """Values that all of them let through; all values for none."""

    def mask(result: Result) -> Mask:
        left = every_value(result)
        for one in sieves:
            left &= one(result)
        return left

    return mask


def sifted(result: Result, mask: Mask) -> Result | None:
    """A result with the values of a mask only; None without any."""
    if mask == every_value(result):
        return result
    kept = tuple(value for index, value in enumerate(result.values) if mask >> index & 1)
    return msgspec.structs.replace(result, values=kept) if kept else None


def every_value(result: Result) -> Mask:
    """The mask with every bit set."""
    return (1 << len(result.values)) - 1


def _either(sieves: list[Sieve]) -> Sieve:
    def mask(result: Result) -> Mask:
        found = 0
        for one in sieves:
            found |= one(result)
        return found

    return mask


def _matches(match: Match) -> Sieve:
    fits: Callable[[str], bool] = match.value.__eq__
    if match.regexp:
        fits = UserPattern(match.value).matches
    if match.key == ".unit":
        return lambda result: sum(
            1 << index
            for index, value in enumerate(result.values)
            if fits(value.unit) or (value.original_unit and fits(value.original_unit))
        )
    extract = extractor(match.key)
    return lambda result: every_value(result) if fits(extract(result)) else 0
