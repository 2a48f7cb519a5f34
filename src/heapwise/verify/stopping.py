"""When to look and when to stop: fixed before the first round, so that peeking is paid for."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.analysis.stats.mann_whitney import smallest_p
from heapwise.analysis.stats.sequential import look_alpha
from heapwise.errors import UsageError
from heapwise.model.comparison import MOVED, Comparison, Role, Verdict
from heapwise.model.metrics import MOST_PRIMARY
from heapwise.model.verify import Settings
from heapwise.units import format_duration
from heapwise.verify.order import BLOCK, whole_blocks

FIRST_LOOK = 4
"""With fewer rounds the smallest p that there can be decides nothing."""

MOST_LOOKS = 6
"""Every look takes its share of alpha; more of them would leave too little for each."""

MOST_ROUNDS = 20
"""The more rounds there may be, the less the first looks may spend, and the later they decide."""

DECIDED = MOVED | {Verdict.SAME}


def rounds_within(budget_ns: int, round_ns: int, *, most: int = MOST_ROUNDS) -> int:
    """How many rounds of a known length fit a budget, in whole blocks.

    Args:
        budget_ns: for all of them.
        round_ns: one run of every side, with what lies between.
        most: no more than that.

    Raises:
        UsageError: there is no room for the first look.
    """
    if most < FIRST_LOOK:
        raise UsageError(
            f"{most} rounds are not enough to look at", f"the first look needs {FIRST_LOOK}"
        )
    rounds = whole_blocks(min(budget_ns // max(1, round_ns), most))
    if rounds < FIRST_LOOK:
        raise UsageError(
            f"a budget of {format_duration(budget_ns)} has room for {rounds} rounds of "
            f"{format_duration(round_ns)}",
            f"the first look needs {FIRST_LOOK}",
            f"allow -budget {-(-FIRST_LOOK * round_ns // 60_000_000_000)}m, or shorten -duration",
        )
    return rounds


def look_rounds(rounds: int, alpha: float) -> tuple[int, ...]:
    """After which rounds to look: at the end, and wherever a decision is possible before.

    So few rounds may be in that no p, multiplied by the number of primary metrics as Holm's
    correction does, is as small as what a look may spend; such a look is left out, and the next
    one has its part too.

    Args:
        rounds: the most there may be; at least `FIRST_LOOK`.
        alpha: for all looks together.

    Returns:
        At most `MOST_LOOKS` even numbers, rising, the last one all rounds in whole blocks.
    """
    last = whole_blocks(rounds)
    step = BLOCK * max(1, -(-(last - FIRST_LOOK) // (BLOCK * (MOST_LOOKS - 1))))
    looks: list[int] = []
    after = 0
    for done in range(FIRST_LOOK, last, BLOCK):
        if looks and done - after < step:
            continue
        if MOST_PRIMARY * smallest_p(done, done) <= look_alpha(done, last, alpha, after=after):
            looks.append(done)
            after = done
    return (*looks, last)


def alpha_at(done: int, looks: Sequence[int], alpha: float) -> float:
    """What the look after some rounds may spend.

    Args:
        done: rounds that are in; between two looks, where time ran out, it is the next one's part.
        looks: `look_rounds`; those before ``done`` were taken.
        alpha: for all of them together.
    """
    after = max((look for look in looks if look < done), default=0)
    look = min((look for look in looks if look >= done), default=looks[-1])
    return look_alpha(look, looks[-1], alpha, after=after)


def alpha_of(settings: Settings, done: int) -> float:
    """What a comparison of all the rounds that are in may spend: after looks, its part."""
    if settings.until_decided and settings.looks:
        return alpha_at(done, settings.looks, settings.alpha)
    return settings.alpha


def undecided(comparison: Comparison) -> tuple[str, ...]:
    """The primary metrics that more rounds could still decide.

    One that no round measured stays out: a service may have no such figure at all.
    """
    return tuple(
        row.metric
        for row in comparison.rows
        if row.role is Role.PRIMARY
        and row.verdict not in DECIDED
        and not (row.before is None and row.after is None)
    )


def decided(comparison: Comparison) -> bool:
    """True where there is a primary metric, and none is left open."""
    primary = [row for row in comparison.rows if row.role is Role.PRIMARY]
    return bool(primary) and not undecided(comparison)
