"""Two sides, base and new, of one run each or of several rounds."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from heapwise.model.recording import Problem


class Verdict(StrEnum):
    """What a row says. Prints as the word, and ``~`` for undecided."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    CHANGED = "changed"
    """Different, on a metric that has no better side."""
    UNDECIDED = "~"
    """The runs that there are cannot tell."""
    INVALID = "invalid"
    """One side must not be trusted."""


MOVED = frozenset({Verdict.BETTER, Verdict.WORSE, Verdict.CHANGED})
"""Verdicts that say that the sides differ."""


class Role(StrEnum):
    """What a row is asked for."""

    PRIMARY = "primary"
    """One of the few questions of the comparison; their p-values are corrected together."""
    GUARD = "guard"
    """Must not change: what the service answers, and whether it fails."""
    OTHER = "other"
    """Worth seeing; outside the correction, so that it costs the primary ones nothing."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A metric over the valid rounds of one side.

    Attributes:
        median: of `values`.
        low: lower end of the order-statistic interval of the median; the smallest value where
            there are too few rounds for the confidence asked for.
        high: upper end; the largest value likewise.
        confidence: that the interval really has; less than what was asked for below six rounds
            (at 95 %).
        values: one a round, in the order of the rounds.
    """

    median: float
    low: float
    high: float
    confidence: float
    values: tuple[float, ...]


class ComparisonRow(msgspec.Struct, frozen=True, kw_only=True):
    """One metric before and after.

    Attributes:
        metric: `Metric.id`.
        name: as printed: ``B/req``.
        unit: of the values.
        before: the median of the rounds, or the only value; None where it was not measured.
        after: the same.
        delta: relative change, -0.5 for halved; None where before is 0 or missing.
        verdict: see `Verdict`.
        why: for ``~`` and invalid, the reason in a few words.
        role: see `Role`.
        base: None for single runs.
        new: None for single runs.
        delta_low: lower end of the interval of `delta`; None without rounds, with too few, and
            from zero.
        delta_high: upper end.
        delta_confidence: that this interval really has.
        p: two-sided, Mann-Whitney; None without rounds.
        p_adjusted: after Holm's correction over the primary rows; None outside them.
        p_attainable: the smallest `p` that so many rounds can give.
        more_rounds: for undecided rows, about how many more of each side would decide.
        predicted: relative change that the finding promised, where one did.
    """

    metric: str
    name: str
    unit: str
    before: float | None
    after: float | None
    delta: float | None
    verdict: Verdict
    why: str = ""
    role: Role = Role.OTHER
    base: Estimate | None = None
    new: Estimate | None = None
    delta_low: float | None = None
    delta_high: float | None = None
    delta_confidence: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    p_attainable: float | None = None
    more_rounds: int | None = None
    predicted: float | None = None


class PathChange(msgspec.Struct, frozen=True, kw_only=True):
    """A call path that allocates more, or less, than before.

    Attributes:
        path: frames from the owner to the leaf, outermost first; the owner alone for everything
            that it makes others allocate.
        before: bytes per unit of work, median of the rounds; bytes altogether where only
            profiles are compared.
        after: the same.
        low: lower end of the interval of ``after - before``.
        high: upper end.
        p: two-sided.
        q: after control of the false-discovery rate (Benjamini-Hochberg) over all paths.
        changed: `q` is at most the rate asked for.
    """

    path: tuple[str, ...]
    before: float
    after: float
    low: float
    high: float
    p: float
    q: float
    changed: bool


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Every metric of two sides, in the catalogue's order.

    Attributes:
        before: the name of the side, or of its first recording.
        after: the same.
        problems: differences that make the two hard to compare: machine, toolchain, load.
        gone: codes and places of findings that only *before* has.
        new: those that only *after* has.
        rounds: of each side; (1, 1) for two single runs. A row has as many values as it has
            valid rounds.
        alpha: chance of a false alarm over the whole primary family.
        confidence: of intervals, as asked for.
        min_effect: relative changes below it do not count.
        sentence: the verdict of the whole in one sentence.
        paths: the largest changes first; empty without profiles or rounds.
        how: how it was measured, a line each: order, rounds, load, machine.
    """

    before: str
    after: str
    work_unit: str
    rows: tuple[ComparisonRow, ...]
    problems: tuple[Problem, ...] = ()
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    rounds: tuple[int, int] = (1, 1)
    alpha: float = 0.05
    confidence: float = 0.95
    min_effect: float = 0.0
    sentence: str = ""
    paths: tuple[PathChange, ...] = ()
    how: tuple[str, ...] = ()
