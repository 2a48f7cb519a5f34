"""How the figures of several processes become those of one service. Pure functions.

Everything that only grows is also kept of processes that have ended (``ended_*`` says what of it),
or a worker that is replaced would take its share of the totals with it and they would go back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from heapwise_agent.encode import Labels, Profile
from heapwise_agent.heap import size_class
from heapwise_agent.memstats import Stats
from heapwise_agent.sampler import Counters, Frame, Row, Snapshot

_SUMS = ("TotalAlloc", "Sys", "Mallocs", "Frees", "HeapAlloc", "HeapObjects", "PauseTotalNs",
         "NumForcedGC", "MaxRSS")  # fmt: skip

_GAUGES = ("live_entries", "stacks", "core_bytes", "threads", "rss", "live_pymem", "arena_slack",
           "mapped_files", "unattributed_native")  # fmt: skip
"""Variables of what a process holds now; all is given back when it ends."""

_OF_ONE = ("pid", "interval", "epoch")
"""Variables that are numbers and no amounts."""

Variables = Mapping[str, object]


def snapshots(parts: Sequence[Snapshot]) -> Snapshot:
    """Rows of the same stack and size class are added up: a wider class's mean would drift more."""
    if len(parts) == 1:
        return parts[0]
    stacks = _Stacks()
    rows: dict[tuple[int, int], Row] = {}
    for part in parts:
        numbers = [stacks.number(stack) for stack in part.stacks]
        for row in part.rows:
            index = numbers[row.stack_index]
            key = (index, size_class(row.size))
            known = rows.get(key)
            rows[key] = _added(known, row) if known else replace(row, stack_index=index)
    return Snapshot(
        rows=tuple(rows.values()),
        stacks=tuple(stacks.known),
        interval=parts[0].interval,
        counters=counters([part.counters for part in parts]),
    )


def ended_snapshot(part: Snapshot) -> Snapshot:
    """What was allocated stays; nothing is in use."""
    rows = (replace(row, inuse_objects=0.0, inuse_space=0.0) for row in part.rows)
    return replace(part, rows=tuple(rows))


def counters(parts: Sequence[Counters]) -> Counters:
    """Sums of the amounts."""
    first = asdict(parts[0])
    sums = {
        name: sum(getattr(part, name) for part in parts)
        for name, value in first.items()
        if type(value) is int and name not in _OF_ONE
    }
    return Counters(**{**first, **sums})


def stats(parts: Sequence[Stats]) -> Stats:
    """Sums of the amounts, in the order of the first part; collections are not merged here."""
    return {
        name: sum(_amount(part, name) for part in parts) if name in _SUMS else value
        for name, value in parts[0].items()
    }


def ended_stats(part: Stats) -> Stats:
    """Everything that was allocated is free again."""
    kept = ("TotalAlloc", "Mallocs", "PauseTotalNs", "NumForcedGC")
    ended: Stats = {name: part[name] for name in kept if name in part}
    return ended | {"Frees": _amount(part, "Mallocs")}


def variables(parts: Sequence[dict[str, object]]) -> dict[str, object]:
    """Sums of the amounts and of the work; all else is what the first part says."""
    merged: dict[str, object] = {}
    for name, first in parts[0].items():
        if name == "work":
            merged[name] = work(parts)
        elif type(first) is int and name not in _OF_ONE:
            merged[name] = sum(_whole(part.get(name)) for part in parts)
        else:
            merged[name] = first
    return merged


def ended_variables(part: Variables) -> dict[str, object]:
    """What was counted stays."""
    return {name: value for name, value in part.items() if name not in _GAUGES}


def work(parts: Iterable[Variables]) -> dict[str, int]:
    """Units of work, over all."""
    sums: Counter[str] = Counter()
    for part in parts:
        done = part.get("work")
        if isinstance(done, dict):
            sums.update({str(unit): _whole(count) for unit, count in done.items()})
    return dict(sums)


def profiles(parts: Sequence[Profile]) -> Profile:
    """Rows of the same stack and labels are added up."""
    first = parts[0]
    merged = Profile(first.types, first.period_type, first.period)
    merged.duration_ns = max(part.duration_ns for part in parts)
    merged.comments = tuple(dict.fromkeys(text for part in parts for text in part.comments))
    stacks = _Stacks()
    sums: dict[tuple[int, Labels], list[int]] = {}
    for part in parts:
        for stack, labels, values in part.rows():
            row = sums.setdefault((stacks.number(stack), labels), [0] * len(values))
            row[:] = map(sum, zip(row, values, strict=True))
    for (number, labels), row in sums.items():
        merged.add(stacks.known[number], row, labels)
    return merged


class _Stacks:
    """Numbers for stacks that are equal; hashing a `Frame` in Python would take most of the time.

    What is numbered must be kept alive meanwhile: frames are known by their identity first.
    """

    def __init__(self) -> None:
        self.known: list[tuple[Frame, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        self._near: dict[int, int] = {}
        self._frames: dict[tuple[str, str, int, int], int] = {}

    def number(self, stack: tuple[Frame, ...]) -> int:
        """The number of a stack, into `known`."""
        key = tuple([self._frame(frame) for frame in stack])
        number = self._numbers.setdefault(key, len(self.known))
        if number == len(self.known):
            self.known.append(stack)
        return number

    def _frame(self, frame: Frame) -> int:
        number = self._near.get(id(frame))
        if number is None:
            key = (frame.name, frame.filename, frame.line, frame.start_line)
            number = self._near[id(frame)] = self._frames.setdefault(key, len(self._frames))
        return number


def _added(one: Row, other: Row) -> Row:
    objects = one.alloc_objects + other.alloc_objects
    space = one.alloc_space + other.alloc_space
    return replace(
        one,
        size=space / objects if objects else one.size,
        hits=one.hits + other.hits,
        alloc_objects=objects,
        alloc_space=space,
        inuse_objects=one.inuse_objects + other.inuse_objects,
        inuse_space=one.inuse_space + other.inuse_space,
    )


def _amount(part: Stats, name: str) -> int:
    return _whole(part.get(name))


def _whole(value: Any) -> int:
    return value if type(value) is int else 0
