"""Several rounds of two sides: the verdict of each metric, of the call paths and of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.analysis.compare import compare, undiagnosed
from heapwise.analysis.comparison_sentence import sentence
from heapwise.analysis.path_changes import owner_costs, path_changes
from heapwise.analysis.round_findings import gone_and_new, predicted
from heapwise.analysis.round_rows import CompareOptions, compare_rows
from heapwise.analysis.round_samples import sample
from heapwise.analysis.unlike import differences, must_be_alike, one_after_the_other
from heapwise.model.comparison import Comparison, ComparisonRow, PathChange, Verdict
from heapwise.model.metrics import CATALOGUE
from heapwise.model.recording import Problem, Scope
from heapwise.model.report import RunReport

__all__ = ["CompareOptions", "compare_rounds"]

_FAULTS = "faults.minor/work"
_MORE_FAULTS = 2.0
"""From this factor on they cost time that the change may have nothing to do with."""


def compare_rounds(
    bases: Sequence[RunReport],
    news: Sequence[RunReport],
    options: CompareOptions | None = None,
    *,
    paths: tuple[PathChange, ...] | None = None,
) -> Comparison:
    """Every metric that any round has, in the catalogue's order.

    One run of each is compared as `compare` does. Values that a round calls invalid are left out
    of their metric, and counted in `ComparisonRow.why`.

    Args:
        bases: the rounds before, at least one.
        news: the rounds after, at least one.
        options: what the verdicts are held to.
        paths: of `path_changes` on the rounds' profiles; by owner from the reports where None.

    Raises:
        UsageError: the rounds had different targets, rates or durations, or those of one side
            differ in anything else; with the two and the difference.
    """
    options = options or CompareOptions()
    if len(bases) == len(news) == 1:
        return compare(bases[0], news[0])
    must_be_alike(bases, news)
    unlike = differences(bases[0], news[0])
    gone, new = gone_and_new(bases, news)
    samples = [sample(metric, bases, news) for metric in CATALOGUE.values()]
    promised = predicted(bases, gone)
    rows = tuple(compare_rows(samples, bases[0].work_unit, unlike, promised, options))
    if paths is None:
        paths = _by_owner(bases, news, options) if options.paths else ()
    return Comparison(
        before=bases[0].name,
        after=news[0].name,
        work_unit=bases[0].work_unit,
        rows=rows,
        problems=(
            *(each.problem for each in unlike),
            *one_after_the_other(bases, news),
            *undiagnosed(bases, news),
            *_left_out("before", bases),
            *_left_out("after", news),
            *_more_faults(rows),
        ),
        gone=gone,
        new=new,
        rounds=(len(bases), len(news)),
        alpha=options.alpha,
        confidence=options.confidence,
        min_effect=options.min_effect,
        sentence=sentence(rows, options.min_effect),
        paths=paths,
        how=_how(bases, news),
    )


def _by_owner(
    bases: Sequence[RunReport], news: Sequence[RunReport], options: CompareOptions
) -> tuple[PathChange, ...]:
    sides = [
        [owner_costs(report) for report in side if report.owners is not None]
        for side in (bases, news)
    ]
    return path_changes(*sides, rate=options.alpha, confidence=options.confidence)


def _left_out(side: str, reports: Sequence[RunReport]) -> Iterable[Problem]:
    """How many rounds have figures that do not count, and why."""
    spoiled = [
        (report.name, value.invalid) for report in reports for value in report.metrics
        if value.invalid
    ]  # fmt: skip
    if spoiled:
        rounds = sum(any(value.invalid for value in report.metrics) for report in reports)
        what = f"{rounds} of {len(reports)} rounds {side} have figures that are left out"
        yield Problem(scope=Scope.NONE, what=f"{what}, as {spoiled[0][0]}: {spoiled[0][1]}")


def _more_faults(rows: Iterable[ComparisonRow]) -> Iterable[Problem]:
    """An allocator that trims its heap on one side only makes differences of its own."""
    for row in rows:
        moved = row.verdict in (Verdict.BETTER, Verdict.WORSE)
        if row.metric != _FAULTS or not moved or not row.before or not row.after:
            continue
        factor = max(row.before, row.after) / min(row.before, row.after)
        if factor >= _MORE_FAULTS:
            yield Problem(
                scope=Scope.NONE,
                what=f"one side has {factor:,.0f} times the minor page faults of the other: CPU"
                " and latency may differ by what the allocator gives back and takes again",
            )


def _how(bases: Sequence[RunReport], news: Sequence[RunReport]) -> tuple[str, ...]:
    rounds = f"{len(bases)} rounds before, {len(news)} after"
    if len(bases) == len(news):
        rounds = f"{len(bases)} rounds of each side"
    service = [bases[0].service, news[0].service]
    return (
        rounds,
        f"load: {bases[0].load}",
        f"service: {' -> '.join(dict.fromkeys(service))}",
        f"machine: {bases[0].machine}",
    )
