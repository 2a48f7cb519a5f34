"""Several questions to the same rounds: with twenty of them one is expected to err at 5 %."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Corrected so that the chance of any false alarm among them is at most what each is held to.

    The smallest is multiplied by their number, the next by one less, and none may be below the
    one before it (S. Holm, "A simple sequentially rejective multiple test procedure",
    Scandinavian Journal of Statistics, 1979). Holds whatever they have in common.

    Returns:
        In the order given, at most 1.
    """
    corrected = [0.0] * len(p_values)
    floor = 0.0
    for rank, index in enumerate(_ascending(p_values)):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = floor
    return corrected


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Corrected so that of those at most q, a share of q is expected to be false.

    The k-th smallest of n is multiplied by ``n / k``, and none may be above the one after it
    (Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal
    Statistical Society B, 1995).

    Returns:
        In the order given, at most 1.
    """
    corrected = [0.0] * len(p_values)
    ceiling = 1.0
    for rank, index in reversed(list(enumerate(_ascending(p_values), start=1))):
        ceiling = min(ceiling, len(p_values) / rank * p_values[index])
        corrected[index] = ceiling
    return corrected


def _ascending(values: Sequence[float]) -> list[int]:
    return sorted(range(len(values)), key=values.__getitem__)
