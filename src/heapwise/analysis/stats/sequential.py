"""Looking at the figures before the end, and paying for it.

Whoever tests after every round until something is significant finds something. The chance of a
false alarm that is allowed, alpha, is therefore spent in parts: by the time a fraction t of all
rounds is in, ``2 - 2 * Phi(z / sqrt(t))`` of it, where ``z`` is the quantile of ``1 - alpha / 2``
(K. K. G. Lan and D. L. DeMets, "Discrete sequential boundaries for clinical trials", Biometrika
1983, the spending function that follows O'Brien and Fleming: little at first, nearly all at the
end). Each look is a test of its own at the part it may spend. Since the chance that any of several
tests errs is at most the sum of their chances, alpha holds whatever the tests have in common and
however coarse their p-values are.
"""

from __future__ import annotations

from statistics import NormalDist

_NORMAL = NormalDist()


def spent_alpha(fraction: float, alpha: float) -> float:
    """What may have been spent when ``fraction`` of all rounds are in.

    Raises:
        ValueError: the fraction is not within 0 and 1, or alpha is not a chance.
    """
    if not (0 <= fraction <= 1 and 0 < alpha < 1):
        raise ValueError(f"not a fraction and a chance: {fraction}, {alpha}")
    if fraction == 0:
        return 0.0
    if fraction == 1:
        return alpha
    quantile = _NORMAL.inv_cdf(1 - alpha / 2)
    return 2 * _NORMAL.cdf(-quantile / fraction**0.5)


def look_alpha(look: int, of: int, alpha: float, *, after: int | None = None) -> float:
    """What one look may spend; over all looks it adds up to ``alpha``.

    Looks may be counted, or told by their rounds: of looks after 6, 8 and 12 rounds the second
    has ``look_alpha(8, 12, alpha, after=6)``. A look at which so few rounds cannot reach what it
    may spend (`mann_whitney.smallest_p`) is better left out: the next one then has its part too.

    Args:
        look: which, from 1.
        of: the last.
        alpha: for all of them together.
        after: the look before, 0 for none; by default ``look - 1``.

    Raises:
        ValueError: the three are not in order.
    """
    before = look - 1 if after is None else after
    if not 0 <= before < look <= of:
        raise ValueError(f"looks out of order: {before}, {look}, {of}")
    return spent_alpha(look / of, alpha) - spent_alpha(before / of, alpha)
