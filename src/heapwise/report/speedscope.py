"""A profile for https://www.speedscope.app, in its own file format."""

from __future__ import annotations

import msgspec

from heapwise import __version__
from heapwise.model.graph import Frame, Traces

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_UNITS = {
    "bytes": "bytes",
    "nanoseconds": "nanoseconds",
    "microseconds": "microseconds",
    "milliseconds": "milliseconds",
    "seconds": "seconds",
}


def speedscope(traces: Traces) -> bytes:
    """A file with one sampled profile; samples below zero, which it cannot show, are left out."""
    frames: dict[str, int] = {}
    samples, weights = [], []
    for trace in traces.traces:
        if trace.value > 0:
            samples.append([_index(frames, frame) for frame in reversed(trace.frames)])
            weights.append(trace.value)
    return msgspec.json.encode(
        {
            "$schema": _SCHEMA,
            "exporter": f"heapwise {__version__}",
            "name": traces.source,
            "activeProfileIndex": 0,
            "shared": {"frames": [{"name": name} for name in frames]},
            "profiles": [
                {
                    "type": "sampled",
                    "name": traces.sample_type,
                    "unit": _UNITS.get(traces.unit, "none"),
                    "startValue": 0,
                    "endValue": sum(weights),
                    "samples": samples,
                    "weights": weights,
                }
            ],
        }
    )


def _index(frames: dict[str, int], frame: Frame) -> int:
    return frames.setdefault(frame.name or "<unknown>", len(frames))
