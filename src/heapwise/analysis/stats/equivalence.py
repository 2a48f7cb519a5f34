"""When a difference is small enough to be none."""

from __future__ import annotations


def same(low: float, high: float, margin: float) -> bool:
    """True where a whole interval of the difference lies within ``± margin``.

    Not to find a difference is no proof that there is none; this is. It is the test of two
    one-sided tests (D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics, 1987)
    with the two-sided interval, so it errs less often than the interval does.
    """
    return -margin <= low and high <= margin
