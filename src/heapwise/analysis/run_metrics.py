"""Every figure of the catalogue for one run, with the reason where it must not be trusted."""

from __future__ import annotations

from dataclasses import dataclass

from heapwise.analysis.live_heap import typical_live_heap
from heapwise.analysis.process import growth
from heapwise.analysis.windows import length_ns
from heapwise.analysis.work_done import counted_by_program, work_ns
from heapwise.model.gc import GcSummary
from heapwise.model.load import LoadResult
from heapwise.model.metrics import CATALOGUE, Family, Metric, MetricValue
from heapwise.model.recording import Problem, Recording, Scope, Window
from heapwise.model.work import PerWork
from heapwise.units import NS_PER_S

COVERAGE_FOR_EXTREMES = 0.99
"""A maximum or a sum needs nearly every pause to have been seen."""

COVERAGE_FOR_QUANTILES = 0.5
"""A quantile survives half of the pauses being lost: simulated, p99 within 3 %."""

_SPOILED = {
    Family.ALLOCATION: Scope.ALLOCATION,
    Family.GC: Scope.GC,
    Family.LATENCY: Scope.LATENCY,
}
"""Families that a problem can touch on their own; `Scope.ALL` touches every one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the figures of one run are read from.

    Attributes:
        windows: settled.
        amount: units of work in the windows: requests, or seconds where the load is unknown.
        problems: everything found wrong with the run.
    """

    recording: Recording
    windows: tuple[Window, ...]
    amount: float
    per_work: PerWork | None
    load: LoadResult | None
    gc: GcSummary | None
    problems: tuple[Problem, ...]


def run_metrics(measured: Measured) -> tuple[MetricValue, ...]:
    """One value per metric, in the catalogue's order; None where it was not measured."""
    values = {
        **_allocation(measured),
        **_collector(measured),
        **_load(measured.load),
        **_work(measured),
        **_process(measured),
    }
    return tuple(
        MetricValue(
            metric=ident,
            value=values.get(ident),
            invalid="" if values.get(ident) is None else _invalid(metric, measured),
        )
        for ident, metric in CATALOGUE.items()
    )


def error_share(load: LoadResult) -> float | None:
    """Hits that were sent and did not succeed, over hits sent; None where nothing was sent."""
    total = load.total
    return (total.sent - total.succeeded) / total.sent if total.sent else None


def _allocation(measured: Measured) -> dict[str, float | None]:
    per_work = measured.per_work
    return {
        "bytes/work": per_work.bytes if per_work else None,
        "allocs/work": per_work.allocs if per_work else None,
        "heap.live": typical_live_heap(measured.recording, measured.windows),
    }


def _collector(measured: Measured) -> dict[str, float | None]:
    gc, amount = measured.gc, measured.amount
    if gc is None:
        return {}
    pause = gc.pause
    return {
        "gc.cycles": float(gc.cycles),
        "gc.cycles/1k": gc.cycles * 1_000 / amount if amount else None,
        "gc.cpu_share": gc.cpu_share,
        "gc.assist_share": _assist_share(measured, gc),
        "gc.pause.p50": pause.p50 if pause else None,
        "gc.pause.p99": pause.p99 if pause else None,
        "gc.pause.max": pause.max if pause else None,
        "gc.pause.total": float(gc.pause_total_ns) if gc.seen or not gc.cycles else None,
    }


def _assist_share(measured: Measured, gc: GcSummary) -> float | None:
    """CPU that requests had to give to marking, over CPU available; as `GcSummary.cpu_share`.

    That share is known only where gctrace has every cycle, and then so is this one.
    """
    processors = max((cycle.processors for cycle in measured.recording.cycles), default=0)
    available = length_ns(measured.windows) * processors
    if gc.assist_cpu_ns is None or gc.cpu_share is None or not available:
        return None
    return min(1.0, gc.assist_cpu_ns / available)


def _load(load: LoadResult | None) -> dict[str, float | None]:
    if load is None:
        return {}
    total, latency = load.total, load.total.latency
    responses = sum(total.statuses.values())
    values: dict[str, float | None] = {
        "rate.achieved": total.achieved_rate if total.sent > 1 else None,
        "response.bytes/work": total.bytes_in / responses if responses else None,
        "errors.share": error_share(load),
    }
    if latency is not None:
        values |= {
            "latency.p50": latency.p50,
            "latency.p90": latency.p90,
            "latency.p95": latency.p95,
            "latency.p99": latency.p99,
            "latency.p99.9": latency.p999,
            "latency.max": latency.max,
        }
    return values


def _work(measured: Measured) -> dict[str, float | None]:
    """How fast work was done that nobody paced; a load of ours has its achieved rate."""
    recording, windows = measured.recording, measured.windows
    if not windows or not (recording.manifest.job or counted_by_program(recording, windows)):
        return {}
    spent = work_ns(recording, windows)
    return {
        "work.rate": measured.amount * NS_PER_S / spent if spent else None,
        "elapsed": float(spent) if recording.manifest.job else None,
    }


def _process(measured: Measured) -> dict[str, float | None]:
    samples, windows = measured.recording.process, measured.windows
    cpu = growth(samples, windows, lambda sample: sample.cpu_ns)
    faults = growth(samples, windows, lambda sample: sample.minor_faults)
    amount = measured.amount
    return {
        "cpu/work": None if cpu is None or not amount else cpu / amount,
        "faults.minor/work": None if faults is None or not amount else faults / amount,
        "rss.peak": _rss_peak(measured),
    }


def _rss_peak(measured: Measured) -> float | None:
    """The most resident memory since the process started, by the system or by the runtime."""
    peaks = [sample.rss_peak for sample in measured.recording.process]
    peaks = peaks or [window.after.counters.max_rss for window in measured.windows if window.after]
    peak = max(peaks, default=-1)
    return float(peak) if peak > 0 else None


def _invalid(metric: Metric, measured: Measured) -> str:
    scopes = (Scope.ALL, _SPOILED.get(metric.family, Scope.ALL))
    for problem in measured.problems:
        if problem.scope in scopes:
            return problem.what
    return _unseen(metric, measured.gc)


def _unseen(metric: Metric, gc: GcSummary | None) -> str:
    """Why a figure about pauses cannot be had from those that were seen."""
    if gc is None or not metric.id.startswith("gc.pause."):
        return ""
    extreme = metric.id in ("gc.pause.max", "gc.pause.total")
    if gc.coverage >= (COVERAGE_FOR_EXTREMES if extreme else COVERAGE_FOR_QUANTILES):
        return ""
    return f"only {gc.seen} of {gc.cycles} pauses were seen"
