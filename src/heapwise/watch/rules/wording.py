"""Words that charts and rules share."""

from __future__ import annotations

WHERE = "{{ $labels.instance }} of {{ $labels.service }}"
"""A target of heapwise, in a rule's text."""

GO_WHERE = "{{ $labels.instance }} of {{ $labels.job }}"
"""A Go process that Prometheus scrapes itself, in the same."""

BY_TARGET = "{{service}} {{instance}}"
"""A target of heapwise, in a legend."""

BY_JOB = "{{job}} {{instance}} (client_golang)"
"""A Go process that Prometheus scrapes itself, in the same."""

ALL_METRICS = (
    "Of Go services it wants collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics("
    "collectors.MetricsAll)), which client_golang does not do by default."
)
