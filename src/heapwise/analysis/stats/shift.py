"""By how much one group lies above another, with an interval that agrees with the test.

The shifts that the test of Mann and Whitney does not reject are bounded by two of the differences
between pairs (J. L. Hodges and E. L. Lehmann, "Estimates of location based on rank tests", Annals
of Mathematical Statistics, 1963). A ratio is a shift of logarithms.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from heapwise.analysis.stats.mann_whitney import shift_depth


class Shift(msgspec.Struct, frozen=True):
    """An interval of the difference between two groups.

    Attributes:
        low: lower end.
        high: upper end.
        confidence: that it has; at least what was asked for.
    """

    low: float
    high: float
    confidence: float


def difference(base: Sequence[float], new: Sequence[float], confidence: float) -> Shift | None:
    """The interval of ``new - base``; None where there are too few values for the confidence."""
    depth, achieved = shift_depth(len(new), len(base), confidence)
    if not depth:
        return None
    pairs = np.sort(np.subtract.outer(np.asarray(new, float), np.asarray(base, float)), axis=None)
    return Shift(float(pairs[depth - 1]), float(pairs[-depth]), achieved)


def relative(base: Sequence[float], new: Sequence[float], confidence: float) -> Shift | None:
    """The interval of ``new / base - 1``, all values above zero; None as for `difference`."""
    found = difference(np.log(base).tolist(), np.log(new).tolist(), confidence)
    if found is None:
        return None
    return Shift(float(np.expm1(found.low)), float(np.expm1(found.high)), found.confidence)
