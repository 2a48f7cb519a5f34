"""What Grafana and Prometheus are given, so that they show and say the same as heapwise does."""

from __future__ import annotations

from heapwise.watch.rules.grafana import grafana_dashboard
from heapwise.watch.rules.prometheus import prometheus_rules

__all__ = ["grafana_dashboard", "prometheus_rules"]
