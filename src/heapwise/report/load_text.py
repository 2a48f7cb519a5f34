"""A load, as text: what was asked and sent, how long it took, what came back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.model.load import LoadReport, LoadResult
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import Problem
from heapwise.names import visible
from heapwise.units import format_count, format_duration, format_rate, format_share, format_size

_QUANTILES = ("p50", "p90", "p95", "p99", "p999", "max", "mean")
_TITLES = ("p50", "p90", "p95", "p99", "p99.9", "max", "mean")
_LABEL = 11
_TARGET_WIDTH = 48


def render_load(result: LoadResult, problems: Sequence[Problem] = ()) -> str:
    """The whole report, one line a fact, without a newline at its end."""
    lines = [*_totals(result.total), "", *_times(result.total)]
    if len(result.per_target) > 1:
        lines += ["", *_targets(result.per_target)]
    if problems:
        lines += ["", *_problems(problems)]
    return "\n".join(lines)


def _totals(total: LoadReport) -> Iterable[str]:
    share = total.succeeded / total.scheduled if total.scheduled else 0.0
    yield _fact(
        "requests",
        f"{format_count(total.scheduled)} scheduled",
        f"{format_count(total.sent)} sent",
        f"{format_count(total.succeeded)} succeeded ({format_share(share)})",
    )
    yield _fact(
        "rate",
        f"{format_rate(total.asked_rate)} asked",
        f"{format_rate(total.achieved_rate)} sent",
        f"{format_rate(total.throughput)} succeeded",
    )
    yield _fact(
        "bodies", f"{format_size(total.bytes_in)} in", f"{format_size(total.bytes_out)} out"
    )
    yield _fact("statuses", *_tally(total.statuses))
    yield _fact("errors", *_tally(total.errors))


def _times(total: LoadReport) -> Iterable[str]:
    rows: list[tuple[str, Percentiles | None, str]] = [
        ("latency", total.latency, "from the time it was due"),
        ("service", total.service, "from the time it was sent"),
        ("slot wait", total.slot_wait, "due, and no connection free"),
        ("lag", total.lag, "the generator's own delay"),
    ]
    yield " " * _LABEL + "".join(f"{title:>10}" for title in _TITLES)
    for name, values, meaning in rows:
        if values is None:
            yield f"{name:<{_LABEL}}{'–':>10}"
            continue
        cells = (format_duration(getattr(values, quantile)) for quantile in _QUANTILES)
        yield f"{name:<{_LABEL}}" + "".join(f"{cell:>10}" for cell in cells) + f"   {meaning}"
    if total.waited:
        yield _fact("waited", f"{format_count(total.waited)} requests found no free connection")


def _targets(reports: Sequence[LoadReport]) -> Iterable[str]:
    width = min(_TARGET_WIDTH, max(len(visible(report.target)) for report in reports))
    heads = ("sent", "succeeded", "B in/req", "p50", "p99", "max")
    yield f"{'target':<{width}}" + "".join(f"{head:>11}" for head in heads)
    for report in reports:
        latency = report.latency
        times = (latency.p50, latency.p99, latency.max) if latency else ()
        cells = [
            format_count(report.sent),
            format_count(report.succeeded),
            format_count(report.bytes_in / report.sent) if report.sent else "–",
            *(format_duration(value) for value in times),
        ]
        name = visible(report.target)
        shown = name if len(name) <= width else name[: width - 1] + "…"
        yield f"{shown:<{width}}" + "".join(f"{cell:>11}" for cell in cells)


def _problems(problems: Sequence[Problem]) -> Iterable[str]:
    for problem in problems:
        yield f"INVALID {problem.scope}: {problem.what}"
        if problem.remedy:
            yield f"  {problem.remedy}"


def _fact(label: str, *facts: str) -> str:
    return f"{label:<{_LABEL}}" + (" · ".join(facts) or "none")


def _tally(counts: dict[str, int]) -> Iterable[str]:
    return (f"{name} × {format_count(count)}" for name, count in counts.items())
