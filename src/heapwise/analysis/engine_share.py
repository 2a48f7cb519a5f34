"""How much of its processor the load generator used."""

from __future__ import annotations

from heapwise.model.recording import Recording


def engine_share(recording: Recording) -> float | None:
    """The share of one processor, of the phase with the most; None where none was noted."""
    shares = [
        cpu / elapsed
        for event in recording.events
        if event.kind == "engine"
        and isinstance(cpu := event.fields.get("cpu_ns"), int)
        and isinstance(elapsed := event.fields.get("elapsed_ns"), int)
        and elapsed > 0
    ]
    return max(shares, default=None)
