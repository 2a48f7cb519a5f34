"""Leaks: which growth of a live heap is one, and which call path it comes from."""

from __future__ import annotations

from heapwise.analysis.growth.persistence import Persistent
from heapwise.analysis.growth.trend import Verdict, judge
from heapwise.analysis.growth.windows import GROWING, LEAK, GrowthWindow, Kind

__all__ = ["GROWING", "LEAK", "GrowthWindow", "Kind", "Persistent", "Verdict", "judge"]
