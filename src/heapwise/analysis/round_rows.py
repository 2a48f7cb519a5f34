"""What the metrics of rounds prove.

A row is *better* or *worse* where two things hold: its p-value, after the correction where it is
a primary metric, is at most alpha; and the change of the medians is at least the minimum effect.
It is *the same* where the whole interval of the change lies within the minimum effect, however
small p is. Everything else is undecided, and says how many rounds would help.

From zero no change is relative: there any difference beyond the metric's floor counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from heapwise.analysis.compare import moved, role_of
from heapwise.analysis.round_samples import Change, Sample, Side
from heapwise.analysis.stats.equivalence import same
from heapwise.analysis.stats.mann_whitney import mann_whitney, pairs_won, smallest_p
from heapwise.analysis.stats.multiple import holm
from heapwise.analysis.stats.needed import MOST, least_rounds, more_rounds, strictness
from heapwise.analysis.stats.order_statistic import estimate
from heapwise.analysis.unlike import Unlike
from heapwise.model.comparison import ComparisonRow, Estimate, Role, Verdict
from heapwise.model.metrics import Metric
from heapwise.units import format_share, format_value


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """What a comparison of rounds is held to.

    Attributes:
        alpha: chance of any false alarm among the primary metrics; also that of each guard and
            each other metric on its own, and the share of the paths said to differ that do not.
        confidence: of the intervals; that of a change has at least ``1 - alpha``, so that calling
            it the same is no easier than calling it different.
        min_effect: relative changes below it do not count, 0.02 for 2 %.
        paths: compare call paths too.
    """

    alpha: float = 0.05
    confidence: float = 0.95
    min_effect: float = 0.02
    paths: bool = True

    @property
    def of_change(self) -> float:
        """Confidence of the intervals of changes."""
        return max(self.confidence, 1 - self.alpha)


@dataclass(frozen=True, slots=True)
class _Tested:
    """One metric, tested.

    Attributes:
        family: metrics that are corrected together with it; 1 outside the primary ones.
        p: two-sided.
        corrected: the same, corrected for the family.
        change: how far it moved.
        margin: changes up to here are none.
    """

    sample: Sample
    options: CompareOptions
    family: int
    p: float
    corrected: float
    change: Change
    margin: float

    @property
    def too_few(self) -> bool:
        """However far apart the sides were, so few rounds could not tell."""
        return self.family * smallest_p(*self.sample.rounds) > self.options.alpha


def compare_rows(
    samples: Iterable[Sample],
    unit: str,
    unlike: Sequence[Unlike],
    predicted: Mapping[str, float],
    options: CompareOptions,
) -> Iterable[ComparisonRow]:
    """One row for every metric that any round has.

    Args:
        samples: in the order of the rows.
        unit: of work, for the names.
        unlike: in what the sides differ besides the code.
        predicted: relative changes that were promised, by metric.
        options: what the rows are held to.
    """
    known = [each for each in samples if each.known]
    tested = _tested([each for each in known if each.obstacle(unlike) is None], options)
    for each in known:
        row = _untested_row(each, unit, each.obstacle(unlike), options)
        row = msgspec.structs.replace(row, predicted=predicted.get(each.metric.id))
        yield _tested_row(row, tested[each.metric.id]) if each.metric.id in tested else row


def _tested(samples: Sequence[Sample], options: CompareOptions) -> dict[str, _Tested]:
    p_values = {each.metric.id: mann_whitney(each.base.values, each.new.values) for each in samples}
    primary = [each.metric.id for each in samples if role_of(each.metric) is Role.PRIMARY]
    corrected = dict(zip(primary, holm([p_values[ident] for ident in primary]), strict=True))
    found = {}
    for each in samples:
        ident, change = each.metric.id, each.change(options.of_change)
        found[ident] = _Tested(
            sample=each,
            options=options,
            family=len(primary) if ident in corrected else 1,
            p=p_values[ident],
            corrected=corrected.get(ident, p_values[ident]),
            change=change,
            margin=_margin(each.metric, options) if change.relative else each.metric.floor,
        )
    return found


def _margin(metric: Metric, options: CompareOptions) -> float:
    """The smallest relative change that counts; a guard has its own where that is finer."""
    guard = role_of(metric) is Role.GUARD
    return min(options.min_effect, metric.resolution) if guard else options.min_effect


def _untested_row(
    sample: Sample, unit: str, obstacle: tuple[Verdict, str] | None, options: CompareOptions
) -> ComparisonRow:
    """What is known of a metric before any test, and without one."""
    base, new = (_estimate(side, options) for side in (sample.base, sample.new))
    verdict, why = obstacle or (Verdict.UNDECIDED, "")
    return ComparisonRow(
        metric=sample.metric.id,
        name=sample.metric.name(unit),
        unit=sample.metric.unit,
        before=None if base is None else base.median,
        after=None if new is None else new.median,
        delta=None,
        verdict=verdict,
        why=why,
        role=role_of(sample.metric),
        base=base,
        new=new,
    )


def _estimate(side: Side, options: CompareOptions) -> Estimate | None:
    return estimate(side.values, options.confidence) if side.values else None


def _tested_row(row: ComparisonRow, tested: _Tested) -> ComparisonRow:
    change, interval = tested.change, tested.change.interval if tested.change.relative else None
    verdict, why, more = _verdict(tested)
    return msgspec.structs.replace(
        row,
        delta=change.value if change.relative else None,
        verdict=verdict,
        why="; ".join(filter(None, (why, tested.sample.left_out))),
        delta_low=interval and interval.low,
        delta_high=interval and interval.high,
        delta_confidence=interval and interval.confidence,
        p=tested.p,
        p_adjusted=tested.corrected if row.role is Role.PRIMARY else None,
        p_attainable=smallest_p(*tested.sample.rounds),
        more_rounds=more,
    )


def _verdict(tested: _Tested) -> tuple[Verdict, str, int | None]:
    """The verdict; where it is undecided, why, and about how many more rounds would decide."""
    sample, change, margin = tested.sample, tested.change, tested.margin
    if sample.constant:
        return Verdict.SAME, "", None
    if change.interval and same(change.interval.low, change.interval.high, margin):
        return Verdict.SAME, "", None
    significant = tested.corrected <= tested.options.alpha
    large, fell = abs(change.value) >= margin, _fell(sample)
    if significant and large and (not change.value or fell == (change.value < 0)):
        return moved(sample.metric, fell=fell), "", None
    if tested.too_few or change.interval is None:
        return _too_few(tested)
    if significant and large:
        return Verdict.UNDECIDED, "the median moved one way and most rounds the other", None
    return _not_yet(tested, f"differs by less than {_limit(tested)}; " if significant else "")


def _fell(sample: Sample) -> bool:
    """True where a round after is mostly below one before: what the test is about."""
    before, after = sample.base.values, sample.new.values
    return pairs_won(after, before) < len(before) * len(after) / 2


def _limit(tested: _Tested) -> str:
    if tested.change.relative:
        return format_share(tested.margin)
    return format_value(tested.margin, tested.sample.metric.unit)


def _too_few(tested: _Tested) -> tuple[Verdict, str, int | None]:
    options = tested.options
    least = least_rounds(options.alpha, tested.family, options.confidence)
    why = f"too few rounds: at least {least} of each"
    return Verdict.UNDECIDED, why, max(1, least - min(tested.sample.rounds))


def _not_yet(tested: _Tested, why: str) -> tuple[Verdict, str, int | None]:
    options, interval = tested.options, tested.change.interval
    assert interval is not None  # noqa: S101 - for the type checker; the caller looked
    more = more_rounds(
        min(tested.sample.rounds),
        tested.change.value,
        (interval.low, interval.high),
        tested.margin,
        strictness(options.alpha, tested.family, options.of_change),
    )
    if more is None:
        return Verdict.UNDECIDED, f"{why}more than {MOST} more rounds: too noisy", None
    return Verdict.UNDECIDED, f"{why}≈ {more} more round{'s' * (more > 1)} of each side", more
