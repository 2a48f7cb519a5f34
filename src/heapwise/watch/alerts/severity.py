"""Severities in order."""

from __future__ import annotations

from heapwise.model.watch import Severity

_ORDER = {severity: place for place, severity in enumerate(Severity)}


def rank(severity: Severity) -> int:
    """Its place: the higher the more urgent."""
    return _ORDER[severity]


def worst(one: Severity, other: Severity) -> Severity:
    """The more urgent of two."""
    return max(one, other, key=rank)
