"""What heapwise has judged, and how the watcher itself does."""

from __future__ import annotations

from heapwise.model.watch import Severity
from heapwise.watch.rules.chart import Alarm, Chart, Query
from heapwise.watch.rules.wording import WHERE

_NO_TREND = (
    "PromQL has no robust slope: deriv and predict_linear raised an alarm in 78 to 100 % of healthy"
    " weeks, or found no leak at all. So the rule reads what heapwise has judged."
)
_BY_ITSELF = "leak|growing|limit|gc-share|assist|pauses"
"""Codes that have a rule of their own."""


def alerts() -> Chart:
    """What heapwise has found."""
    lasting = 'heapwise_watch_alert{{ours},silenced="false",code="CODE"}'
    woken = lasting.replace('code="CODE"', 'code="CODE",severity!="capture"')
    return Chart(
        "Alerts of heapwise",
        "short",
        "Alerts that last, by service and code; silenced ones are left out.",
        (
            Query(
                'sum by (service, code, severity) (heapwise_watch_alert{{ours},silenced="false"})',
                "{{severity}} {{code}} {{service}}",
            ),
        ),
        (
            Alarm(
                "HeapwiseLeak",
                woken.replace("CODE", "leak"),
                "",
                None,
                f"{WHERE} leaks memory",
                "The floor of its live heap grows, its load left out, and heap profiles bear that "
                f"out or cannot be had. {_NO_TREND}",
            ),
            Alarm(
                "HeapwiseGrowing",
                woken.replace("CODE", "growing"),
                "",
                None,
                f"{WHERE} grows, and one call path with it",
                "Growth alone calls nobody: heap profiles were taken, and one path goes on "
                f"growing. {_NO_TREND}",
            ),
            Alarm(
                "HeapwiseLimit",
                lasting.replace("CODE", "limit"),
                "",
                None,
                f"{WHERE} is close to its memory limit, or will be",
                f"The hours to the limit come of the same slope as a leak. {_NO_TREND}",
            ),
            Alarm(
                "HeapwiseDetected",
                'heapwise_watch_alert{{ours},silenced="false",severity!="capture",'
                f'code!~"{_BY_ITSELF}"}}',
                "",
                None,
                f"heapwise sees {{{{ $labels.code }}}} on {WHERE}",
                "Signs that have no rule of their own here, as tasks, alloc-step, deploy, py-gen2.",
            ),
        ),
    )


def targets() -> Chart:
    """Who answers."""
    return Chart(
        "Targets that answer",
        "short",
        "Of each service, by heapwise's own scrapes.",
        (
            Query("sum by (service) (heapwise_watch_target_up{{ours}})", "{{service}}"),
            Query("count by (service) (heapwise_watch_target_up{{ours}})", "{{service}}, all"),
        ),
        (
            Alarm(
                "HeapwiseTargetDown",
                "heapwise_watch_target_up{{ours}} == 0",
                "10m",
                Severity.WARN,
                f"{WHERE} gives nothing that can be judged",
                "It does not answer, or not with figures of a runtime: see the page of heapwise.",
            ),
        ),
    )


def watcher() -> Chart:
    """Whether somebody watches, and tells."""
    return Chart(
        "The watcher itself",
        "short",
        "Scrapes a second, those that failed or were left out, and what a sink or export has yet "
        "to be told.",
        (
            Query("sum(rate(heapwise_watch_scrapes_total[5m]))", "scrapes"),
            Query("sum(rate(heapwise_watch_scrape_failures_total[5m]))", "failed"),
            Query("sum(rate(heapwise_watch_scrapes_skipped_total[5m]))", "left out"),
            Query("sum by (sink) (heapwise_watch_alerts_untold)", "untold {{sink}}"),
        ),
        (
            Alarm(
                "HeapwiseAbsent",
                "absent(heapwise_watch_scrape_seconds_count)",
                "10m",
                Severity.PAGE,
                "nobody is watched: heapwise watch does not answer",
                "Rules about heapwise_watch_ are silent without it, so its absence is one.",
            ),
            Alarm(
                "HeapwiseLate",
                "rate(heapwise_watch_scrapes_skipped_total[15m]) "
                "> 0.1 * rate(heapwise_watch_scrape_seconds_count[15m])",
                "15m",
                Severity.WARN,
                "heapwise watch asks its targets less often than it should",
                "Too many of them hang, or are too many for one: share them with [shard].",
            ),
            Alarm(
                "HeapwiseUntold",
                "heapwise_watch_alerts_untold > 0",
                "15m",
                Severity.WARN,
                "{{ $labels.sink }} does not take what it is told",
                "Alerts are kept, and told when it does; of profiles and figures so much as fits.",
            ),
            Alarm(
                "HeapwiseStoreFull",
                "heapwise_watch_store_fails > 0 "
                "or increase(heapwise_watch_store_dropped_rows_total[15m]) > 0",
                "2m",
                Severity.WARN,
                "the store of heapwise watch takes nothing, or loses readings",
                "Most often its disk is full. What it does not take waits while there is room.",
            ),
        ),
    )
