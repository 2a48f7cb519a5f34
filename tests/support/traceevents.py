"""The rules of Chrome's Trace Event Format, as its description states them for what we write."""

from __future__ import annotations

from collections import Counter
from typing import Any

REQUIRED = {
    "X": {"name", "ph", "ts", "dur", "pid", "tid"},
    "C": {"name", "ph", "ts", "pid", "args"},
    "M": {"name", "ph", "pid", "args"},
    "b": {"name", "cat", "ph", "ts", "pid", "tid", "id"},
    "e": {"name", "cat", "ph", "ts", "pid", "tid", "id"},
}
METADATA = {"process_name", "thread_name"}


def check_events(document: dict[str, Any]) -> None:
    """Assert that a document keeps to the format, and that slices of a thread nest."""
    assert document["displayTimeUnit"] in {"ms", "ns"}
    ends: Counter[tuple[Any, ...]] = Counter()
    slices: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for event in document["traceEvents"]:
        phase = event["ph"]
        assert event.keys() >= REQUIRED[phase], event
        if phase == "M":
            assert event["name"] in METADATA
            assert isinstance(event["args"]["name"], str)
            continue
        assert isinstance(event["ts"], (int, float))
        assert event["ts"] >= 0
        if phase == "X":
            assert event["dur"] >= 0
            key = (event["pid"], event["tid"])
            slices.setdefault(key, []).append((event["ts"], event["ts"] + event["dur"]))
        if phase == "C":
            assert event["args"]
            assert all(isinstance(value, (int, float)) for value in event["args"].values())
        if phase in "be":
            ends[event["cat"], event["id"], event["name"]] += 1 if phase == "b" else -1
    assert not +ends
    assert not -ends
    for stretches in slices.values():
        check_nesting(stretches)


def check_nesting(stretches: list[tuple[float, float]]) -> None:
    """Slices of one thread lie in each other or beside each other."""
    open_: list[float] = []
    for start, end in sorted(stretches, key=lambda each: (each[0], -each[1])):
        while open_ and open_[-1] <= start + 1e-6:
            open_.pop()
        assert not open_ or end <= open_[-1] + 1e-6, (start, end, open_[-1])
        open_.append(end)
