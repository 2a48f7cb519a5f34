"""Stacks on one line each, root first, as flame graph tools read them: ``main;f;g 42``."""

from __future__ import annotations

from heapwise.model.graph import Traces
from heapwise.names import visible


def folded_lines(traces: Traces) -> list[str]:
    """One line for each distinct stack, with its weight, sorted by name.

    A semicolon within a name becomes a colon: the format has no way to quote it. Stacks whose
    weights add up to nothing are left out.
    """
    weights: dict[str, int] = {}
    for trace in traces.traces:
        path = ";".join(_name(frame.name) for frame in reversed(trace.frames))
        weights[path] = weights.get(path, 0) + trace.value
    return [f"{path} {weight}" for path, weight in sorted(weights.items()) if weight]


def _name(name: str) -> str:
    return visible(name).replace(";", ":").strip() or "<unknown>"
