"""The knee of a service, as text: where it is, how that was found, and every step."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.model.knee import Ended, Knee, KneeStep
from heapwise.units import format_count, format_duration, format_rate, format_share

_LABEL = 11
_COLUMNS = (("rate", 10), ("sent", 9), ("failed", 9), ("p50", 10), ("p99", 10), ("lag", 10))


def render_knee(knee: Knee) -> str:
    """The whole report, one line a fact, without a newline at its end."""
    facts = (f"{'knee':<{_LABEL}}{_where(knee)}", f"{'limits':<{_LABEL}}{_limits(knee)}", "")
    return "\n".join((*facts, *_steps(knee.steps)))


def _where(knee: Knee) -> str:
    if knee.rate is not None and knee.ended is Ended.FOUND:
        return (
            f"{_rate(knee.rate)}: {_rate(knee.low)} held {knee.tries} times of {knee.tries}, "
            f"{_rate(knee.high)} broke {knee.tries} times of {knee.tries}"
        )
    known = f"{_rate(knee.low)} held" if knee.low is not None else "no rate held for certain"
    if knee.high is not None:
        known += f", {_rate(knee.high)} broke"
    match knee.ended:
        case Ended.GENERATOR:
            return f"{known}; beyond that the generator, not the service, was at its end"
        case Ended.NO_RATE_HELD:
            return "below the lowest rate, which did not hold: start lower, with -rate"
        case Ended.INTERRUPTED:
            return f"{known} when it was interrupted"
        case _:
            return f"{known}; {len(knee.steps)} steps found no more"


def _limits(knee: Knee) -> str:
    limit = f"p99 of {format_duration(knee.p99_limit)}"
    if knee.p99_base:
        factor = knee.p99_limit / knee.p99_base
        limit += f", {factor:.0f} × that of {_rate(knee.steps[0].rate)}"
    return f"{limit} · 1 % failed · 0.1 % never sent"


def _steps(steps: Iterable[KneeStep]) -> Iterable[str]:
    yield "".join(f"{name:>{width}}" for name, width in _COLUMNS) + "   (p99)"
    for step in steps:
        cells = (
            _rate(step.rate),
            format_count(step.sent),
            format_share(step.failed),
            format_duration(step.p50),
            format_duration(step.p99),
            format_duration(step.lag_p99),
        )
        row = "".join(f"{cell:>{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
        yield f"{row}   {_outcome(step)}"


def _outcome(step: KneeStep) -> str:
    if step.generator:
        return f"not judged: {step.generator}"
    return f"broke: {step.broke}" if step.broke else "held"


def _rate(rate: float | None) -> str:
    return "–" if rate is None else format_rate(rate)
