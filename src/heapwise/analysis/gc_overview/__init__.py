"""The collector over a stretch of time, from a log, a page of metrics or a recording."""

from __future__ import annotations

from heapwise.analysis.gc_overview.of_log import overview_of_log
from heapwise.analysis.gc_overview.of_memstats import overview_of_memstats
from heapwise.analysis.gc_overview.of_recording import overview_of_recording
from heapwise.analysis.gc_overview.of_scrapes import overview_of_scrapes

__all__ = [
    "overview_of_log",
    "overview_of_memstats",
    "overview_of_recording",
    "overview_of_scrapes",
]
