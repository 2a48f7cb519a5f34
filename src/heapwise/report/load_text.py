"""A load, as text: what was asked and sent, how long it took, what came back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.model.generator import Generator
from heapwise.model.load import LoadReport, LoadResult
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import Problem
from heapwise.model.schedules import RateChange
from heapwise.names import visible
from heapwise.report.cluster_text import cluster_table
from heapwise.units import format_count, format_duration, format_rate, format_share, format_size

_QUANTILES = ("p50", "p90", "p95", "p99", "p999", "max", "mean")
_TITLES = ("p50", "p90", "p95", "p99", "p99.9", "max", "mean")
_LABEL = 11
_TARGET_WIDTH = 48
_CHANGES_TOLD = 5
_TARGETS_TOLD = 20


def render_load(result: LoadResult, problems: Sequence[Problem] = ()) -> str:
    """The whole report, one line a fact, without a newline at its end."""
    lines = [*_totals(result.total), *_changes(result.changes), *_generator(result.generator)]
    lines += ["", *_times(result.total)]
    if len(result.per_target) > 1:
        lines += ["", *_targets(result.per_target)]
    if result.workers:
        lines += ["", *cluster_table(result.workers)]
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
        f"{format_rate(total.asked_rate)} asked" if total.asked_rate else "none asked",
        f"{format_rate(total.achieved_rate)} sent",
        f"{format_rate(total.throughput)} succeeded",
    )
    yield _fact(
        "bodies", f"{format_size(total.bytes_in)} in", f"{format_size(total.bytes_out)} out"
    )
    yield _fact("statuses", *_tally(total.statuses))
    yield _fact("errors", *_tally(total.errors))


def _changes(changes: Sequence[RateChange]) -> Iterable[str]:
    """The rates that were set by hand; of many the last ones."""
    if not changes:
        return
    told = [
        f"{format_rate(change.rate)} from {format_duration(change.from_ns)} on"
        for change in changes[-_CHANGES_TOLD:]
    ]
    before = len(changes) - len(told)
    yield _fact("changed to", *([f"{format_count(before)} others"] if before else []), *told)


def _generator(generator: Generator | None) -> Iterable[str]:
    """Who sent, at what cost to itself, and how near to its limits."""
    if generator is None:
        return
    facts = [f"{generator.engine} engine, {generator.pacing} pacing"]
    if generator.cpu_share is not None:
        facts.append(f"{format_share(generator.cpu_share)} of a CPU")
    facts.append(f"{format_count(generator.most_in_flight)} in flight at most")
    if generator.queue_max:
        facts.append(f"a queue of {format_count(generator.queue_max)} at most")
    yield _fact("generator", *facts)
    if generator.connections_opened is None:
        return
    used = [f"{format_count(generator.connections_opened)} connections opened"]
    stocks = {"descriptors": generator.descriptors, "local ports": generator.ports}
    used += [
        f"{format_count(stock.used)} of {format_count(stock.limit)} {name} in use"
        for name, stock in stocks.items()
        if stock is not None
    ]
    yield _fact("headroom", *used)


def _times(total: LoadReport) -> Iterable[str]:
    since = "due" if total.lag else "sent: due unknown"
    rows: list[tuple[str, Percentiles | None, str]] = [
        ("latency", total.latency, f"from the time it was {since}"),
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
    shown = reports if len(reports) <= _TARGETS_TOLD else _worst(reports)[:_TARGETS_TOLD]
    for report in shown:
        latency = report.latency
        times = (latency.p50, latency.p99, latency.max) if latency else ()
        cells = [
            format_count(report.sent),
            format_count(report.succeeded),
            format_count(report.bytes_in / report.sent) if report.sent else "–",
            *(format_duration(value) for value in times),
        ]
        name = visible(report.target)
        clipped = name if len(name) <= width else name[: width - 1] + "…"
        yield f"{clipped:<{width}}" + "".join(f"{cell:>11}" for cell in cells)
    if left := len(reports) - len(shown):
        yield f"and {format_count(left)} more, none worse than these; --json has all"


def _worst(reports: Sequence[LoadReport]) -> list[LoadReport]:
    """Those that failed most, as a share of what was due, and of these the slowest, first."""

    def badness(report: LoadReport) -> tuple[float, float]:
        failed = 1 - report.succeeded / report.scheduled if report.scheduled else 0.0
        return failed, report.latency.p99 if report.latency else 0.0

    return sorted(reports, key=badness, reverse=True)


def _problems(problems: Sequence[Problem]) -> Iterable[str]:
    for problem in problems:
        yield f"INVALID {problem.scope}: {problem.what}"
        if problem.remedy:
            yield f"  {problem.remedy}"


def _fact(label: str, *facts: str) -> str:
    return f"{label:<{_LABEL}}" + (" · ".join(facts) or "none")


def _tally(counts: dict[str, int]) -> Iterable[str]:
    return (f"{name} × {format_count(count)}" for name, count in counts.items())
