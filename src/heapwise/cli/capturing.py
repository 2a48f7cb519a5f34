"""From what was typed to the captures of a run: shared by the commands that record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from heapwise.errors import UsageError
from heapwise.record.request import FLIGHT_RECORDER, CaptureRequest

CAPTURE_OPTIONS = ("cpu", "cpu-duration", "trace", "max-trace-size")
"""Their names in the option table, for any recording."""

LOAD_CAPTURE_OPTIONS = ("trace-rate", "trace-on-slow", "flight-recorder")
"""Those that only somebody who makes the load can follow."""

_PATH = re.compile(r"/[\x21-\x7e]{0,1000}")


def build_captures(options: Mapping[str, Any]) -> CaptureRequest:
    """What to take beside the counters and the heap.

    Args:
        options: as click passes them.

    Raises:
        UsageError: they contradict each other.
    """
    trace_ns = options["trace_duration"]
    slow_ns = options.get("trace_on_slow")
    rate = options.get("trace_rate")
    recorder = options.get("flight_recorder")
    for name, value in (
        ("cpu-duration", options["cpu_duration"]), ("trace", trace_ns), ("trace-on-slow", slow_ns)
    ):  # fmt: skip
        if value == 0:
            raise UsageError(f"-{name} of no time", hint="write a duration, as 5s or 50ms")
    if rate is not None and trace_ns is None:
        raise UsageError("-trace-rate without a trace", hint="say how long with -trace 5s")
    if recorder is not None and slow_ns is None:
        raise UsageError(
            "-flight-recorder without a time to fetch it", hint="say when with -trace-on-slow 50ms"
        )
    if recorder is not None and not _PATH.fullmatch(recorder):
        raise UsageError(f"not a path: {recorder!r}", hint=f"write it as {FLIGHT_RECORDER}")
    return CaptureRequest(
        cpu=options["cpu"] or options["cpu_duration"] is not None,
        cpu_ns=options["cpu_duration"] or 0,
        trace_ns=trace_ns or 0,
        trace_rate=rate,
        slow_ns=slow_ns or 0,
        flight_recorder=recorder or FLIGHT_RECORDER,
        max_traces=options["max_trace_size"],
    )
