"""Runs and comparisons as ``{schema_version, kind, data}``."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.model.comparison import Comparison
from heapwise.model.envelope import envelope
from heapwise.model.report import RunReport


def render_json(reports: Sequence[RunReport], comparison: Comparison | None) -> str:
    """The comparison where there is one, else the only report."""
    return envelope(reports[0] if comparison is None else comparison).decode()
