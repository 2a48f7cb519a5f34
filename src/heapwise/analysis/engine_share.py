"""What the load generator used, as a recording has it."""

from __future__ import annotations

import msgspec

from heapwise.model.generator import ENGINE_EVENT, EngineUsage
from heapwise.model.recording import Recording


def engine_usages(recording: Recording) -> tuple[EngineUsage, ...]:
    """One for every window of load; those that another version wrote in its own way left out."""
    found = []
    for event in recording.events:
        if event.kind == ENGINE_EVENT:
            try:
                found.append(msgspec.convert(event.fields, EngineUsage))
            except msgspec.ValidationError:
                continue
    return tuple(found)


def engine_share(recording: Recording) -> float | None:
    """The share of one processor, of the phase with the most; None where none was noted."""
    return max((usage.cpu_share for usage in engine_usages(recording)), default=None)
