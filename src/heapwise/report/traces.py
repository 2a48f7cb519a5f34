"""Samples one after the other, as pprof's traces prints them."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.model.graph import Traces
from heapwise.names import visible
from heapwise.report.head import amounts, head_lines

_RULE = "-" * 11 + "+" + "-" * 55


def traces_lines(found: Traces) -> Iterator[str]:
    """One string a line; what could drive a terminal is spelled out."""
    text = amounts(found).text
    yield from map(visible, head_lines(found))
    for trace in found.traces:
        yield _RULE
        for key, value in trace.labels:
            yield visible(f"{key:>10}:  {value}")
        value = text(trace.value)
        for frame in trace.frames:
            yield visible(f"{value:>10}   {frame.name}{' (inline)' if frame.inline else ''}")
            value = ""
    yield _RULE
