"""Levels that PromQL can tell, of what heapwise exposes and of what client_golang does."""

from __future__ import annotations

from heapwise.model.watch import Severity
from heapwise.units import format_share
from heapwise.watch.detectors import Settings
from heapwise.watch.rules.chart import Alarm, Chart, Query
from heapwise.watch.rules.wording import ALL_METRICS, BY_JOB, BY_TARGET, GO_WHERE, WHERE

_OVER_TEN_MS = 'go_sched_pauses_total_gc_seconds_bucket{{go},le=~"0\\\\.01(0.*)?"}'
"""client_golang keeps one bucket a decade, of which this one ends at 10.5 ms."""


def live_heap() -> Chart:
    """What a leak lifts."""
    return Chart(
        "Live heap",
        "bytes",
        "What is still reachable after a collection; its floor is what a leak lifts. "
        f"{ALL_METRICS}",
        (
            Query("min_over_time(heapwise_watch_live_heap_bytes{{ours}}[5m])", BY_TARGET),
            Query("min_over_time(go_gc_heap_live_bytes{{go}}[5m])", BY_JOB),
        ),
    )


def limit(levels: Settings) -> Chart:
    """How close the live heap is to what it may be."""
    share = levels.limit_share
    ours = (
        "min_over_time(heapwise_watch_live_heap_bytes{{ours}}[15m])"
        " / (heapwise_watch_limit_bytes{{ours}} > 0)"
    )
    # Without GOMEMLIMIT the gauge is the largest integer of 64 bits.
    plain = (
        "min_over_time(go_gc_heap_live_bytes{{go}}[15m])"
        " / (go_gc_gomemlimit_bytes{{go}} > 0 < 1e15)"
    )
    return Chart(
        "Live heap of the limit",
        "percentunit",
        "Of GOMEMLIMIT, or of the cgroup's limit where heapwise knows it.",
        (Query(ours, BY_TARGET), Query(plain, BY_JOB)),
        (
            Alarm(
                "GoLiveHeapNearLimit",
                f"{plain} > {share:g}",
                "15m",
                Severity.WARN,
                f"the live heap of {GO_WHERE} is above {format_share(share)} of GOMEMLIMIT",
                "The least of a quarter of an hour is meant, so that no single cycle counts. "
                f"{ALL_METRICS}",
            ),
        ),
    )


def gc_share(levels: Settings) -> Chart:
    """What collecting takes of the processors."""
    ours = "avg_over_time(heapwise_watch_gc_cpu_share{{ours}}[10m])"
    plain = (
        "(rate(go_cpu_classes_gc_total_cpu_seconds_total{{go}}[10m])"
        " - rate(go_cpu_classes_gc_mark_idle_cpu_seconds_total{{go}}[10m]))"
        " / rate(go_cpu_classes_total_cpu_seconds_total{{go}}[10m])"
    )
    why = (
        "Of the CPU that the process could have, GOMAXPROCS processors, without idle marking. "
        "rate(go_gc_duration_seconds_sum) is not that: it is the pauses alone."
    )
    alarms = [
        Alarm(
            f"{name}{suffix}",
            f"{expression} > {level:g}",
            "5m",
            severity,
            f"collecting takes {{{{ $value | humanizePercentage }}}} of the CPU of {where}",
            f"{why} {more}".rstrip(),
        )
        for name, expression, where, more in (
            ("HeapwiseGcShare", ours, WHERE, ""),
            ("GoGcShare", plain, GO_WHERE, ALL_METRICS),
        )
        for suffix, level, severity in (
            ("High", levels.gc_share_warn, Severity.WARN),
            ("VeryHigh", levels.gc_share_page, Severity.PAGE),
        )
    ]
    return Chart(
        "Collector's share of the CPU",
        "percentunit",
        why,
        (Query(ours, BY_TARGET), Query(plain, BY_JOB)),
        tuple(alarms),
    )


def assist(levels: Settings) -> Chart:
    """What allocating goroutines have to give to marking."""
    ours = "avg_over_time(heapwise_watch_assist_cpu_share{{ours}}[10m])"
    plain = (
        "rate(go_cpu_classes_gc_mark_assist_cpu_seconds_total{{go}}[10m])"
        " / rate(go_cpu_classes_total_cpu_seconds_total{{go}}[10m])"
    )
    why = "Goroutines that allocate are made to mark first: their requests wait for it."
    return Chart(
        "Mark assist",
        "percentunit",
        why,
        (Query(ours, BY_TARGET), Query(plain, BY_JOB)),
        tuple(
            Alarm(
                name,
                f"{expression} > {levels.assist_share:g}",
                "5m",
                Severity.WARN,
                f"assists take {{{{ $value | humanizePercentage }}}} of the CPU of {where}",
                f"{why} {more}".rstrip(),
            )
            for name, expression, where, more in (
                ("HeapwiseAssist", ours, WHERE, ""),
                ("GoGcAssist", plain, GO_WHERE, ALL_METRICS),
            )
        ),
    )


def pauses(levels: Settings) -> Chart:
    """How often the collector stops the program for long."""
    all_of = "go_sched_pauses_total_gc_seconds_count{{go}}"
    shares = [_long_share(all_of, shift) for shift in ("", " offset 5m")]
    longer = [_longer(all_of, shift) for shift in ("", " offset 5m")]
    rule = " and ".join(
        f"{share} > 0.01 and {count} >= {levels.pause_count}"
        for share, count in zip(shares, longer, strict=True)
    )
    lasting = 'heapwise_watch_alert{{ours},silenced="false",code="pauses"}'
    why = (
        "More than one pause in a hundred above 10 ms is a 99th percentile above 10 ms, told "
        f"without interpolation; at least {levels.pause_count} of them, in two windows one after "
        "the other."
    )
    return Chart(
        "Pauses above 10 ms",
        "percentunit",
        f"Share of the collector's pauses that are longer. {ALL_METRICS}",
        (Query(shares[0], BY_JOB),),
        (
            Alarm(
                "GoGcPauses",
                rule,
                "",
                Severity.WARN,
                f"{{{{ $value | humanizePercentage }}}} of the pauses of {GO_WHERE} exceed 10 ms",
                f"{why} {ALL_METRICS}",
            ),
            Alarm(
                "HeapwisePauses",
                lasting,
                "",
                None,
                f"the collector's pauses are long on {WHERE}",
                f"{why} heapwise counts them, and says how many of all it has seen.",
            ),
        ),
    )


def _long_share(all_of: str, shift: str) -> str:
    return f"({_longer(all_of, shift)} / (increase({all_of}[5m]{shift}) > 0))"


def _longer(all_of: str, shift: str) -> str:
    within = f"ignoring (le) increase({_OVER_TEN_MS}[5m]{shift})"
    return f"(increase({all_of}[5m]{shift}) - {within})"


def allocation() -> Chart:
    """How fast garbage is made."""
    return Chart(
        "Allocation",
        "Bps",
        "Bytes allocated a second.",
        (
            Query("rate(heapwise_watch_allocated_bytes_total{{ours}}[5m])", BY_TARGET),
            Query("rate(go_memstats_alloc_bytes_total{{go}}[5m])", BY_JOB),
        ),
    )


def tasks() -> Chart:
    """Goroutines and what is like them."""
    return Chart(
        "Goroutines, threads, tasks",
        "short",
        "The least of five minutes: what does not end lifts it.",
        (
            Query("min_over_time(heapwise_watch_tasks{{ours}}[5m])", BY_TARGET),
            Query("min_over_time(go_goroutines{{go}}[5m])", BY_JOB),
        ),
    )
