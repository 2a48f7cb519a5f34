"""Go execution traces, as ``runtime/trace`` and ``/debug/pprof/trace`` write them, into columns.

`open_trace` is the whole interface. Versions 1.22 to 1.26 of the format are read a generation at a
time, which is about a second of the service's life; those of Go 1.11 to 1.21 keep what is needed
to understand them at their end, so all of their bytes are held in memory.
"""

from __future__ import annotations

from heapwise.formats.exectrace.limits import LIMITS, Limits
from heapwise.formats.exectrace.stream import TraceStream, open_trace

__all__ = ["LIMITS", "Limits", "TraceStream", "open_trace"]
