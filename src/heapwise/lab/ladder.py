"""The ladder: a few figures of every variant, each beside that of the variant before it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from heapwise.model.lab import Rung
from heapwise.model.report import RunReport

RATES = ("work.rate", "rate.achieved")
"""How fast it went: of a job, and of a service; the first that was measured is shown."""

FIGURES = ("bytes/work", "allocs/work", "gc.cpu_share", "rss.peak")


def rungs(rounds: Sequence[RunReport], last: Sequence[RunReport]) -> tuple[Rung, ...]:
    """What the ladder shows of a variant: medians, where there are several rounds.

    Args:
        rounds: of the variant.
        last: of the variant before it; none for the first.
    """
    now, was = _medians(rounds), _medians(last)
    rate = next((metric for metric in RATES if now.get(metric) is not None), RATES[0])
    return tuple(
        Rung(metric=metric, value=now.get(metric), factor=_factor(now.get(metric), was.get(metric)))
        for metric in (rate, *FIGURES)
    )


def _medians(rounds: Sequence[RunReport]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for report in rounds:
        for figure in report.metrics:
            if figure.value is not None:
                values.setdefault(figure.metric, []).append(figure.value)
    return {metric: median(each) for metric, each in values.items()}


def _factor(now: float | None, was: float | None) -> float | None:
    return None if now is None or not was else now / was
