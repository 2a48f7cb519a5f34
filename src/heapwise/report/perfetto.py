"""An execution trace as the JSON that ui.perfetto.dev and chrome://tracing open.

The Trace Event Format: one object an event, times in microseconds. A process is a group of
tracks, a thread one track; ``X`` is a stretch, ``b`` and ``e`` the ends of one that may overlap
others, ``C`` a counter and ``M`` a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from heapwise.model.gc_timeline import Collection
from heapwise.model.trace import Curve, Slices, TraceSummary, Track
from heapwise.names import visible

Event = dict[str, object]

_COLLECTOR, _PROCESSORS, _ASSISTS, _REGIONS, _TASKS, _GOROUTINES = range(1, 7)
_GROUPS = {
    _COLLECTOR: "Garbage collector",
    _PROCESSORS: "Processors",
    _ASSISTS: "Goroutines that had to mark",
    _REGIONS: "Regions",
    _TASKS: "Tasks",
    _GOROUTINES: "Goroutines by state",
}
_PLACES = {Track.PROCESSORS: _PROCESSORS, Track.REGIONS: _REGIONS, Track.TASKS: _TASKS}
_CYCLES, _STOPS = 1, 2


class PerfettoFile:
    """Writes a trace as it is read: first the slices, then what its summary tells.

    Args:
        out: binary, at its beginning.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._named: set[tuple[int, int]] = set()
        self._left_out: dict[str, int] = {}
        out.write(b'{"displayTimeUnit":"ns","traceEvents":[\n')
        groups = (_name("process_name", pid, 0, name) for pid, name in _GROUPS.items())
        out.write(b",\n".join(map(msgspec.json.encode, groups)))

    def slices(self, slices: Slices) -> None:
        """Take more slices."""
        if slices.left_out:
            before = self._left_out.get(slices.track, 0)
            self._left_out[slices.track] = before + slices.left_out
        self._write(self._drawn(slices))

    def finish(self, summary: TraceSummary) -> dict[str, int]:
        """Add collections, stops, assists and counters, and end the file.

        Returns:
            What was left out, by track.
        """
        self._write(self._collector(summary))
        self._write(_counters(summary.heap, _COLLECTOR))
        self._write(_counters(summary.goroutines.states, _GOROUTINES))
        about = {"format": summary.version, "left out": self._left_out, "notes": summary.gc.notes}
        self._out.write(b'\n],"otherData":' + msgspec.json.encode(about) + b"}\n")
        return self._left_out

    def _write(self, events: Iterable[Event]) -> None:
        for event in events:
            self._out.write(b",\n" + msgspec.json.encode(event))

    def _drawn(self, slices: Slices) -> Iterator[Event]:
        names: dict[int, str] = {}
        pid = _PLACES[slices.track]
        columns = (slices.row, slices.start, slices.end, slices.name, slices.goroutine)
        for row, start, end, number, goroutine in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            name = names.get(number)
            if name is None:
                name = names[number] = visible(slices.names[number]) or "unknown"
            if slices.track is Track.TASKS:
                yield from _overlapping(name, row, start, end)
                continue
            label = f"proc {row}" if slices.track is Track.PROCESSORS else f"goroutine {row}"
            yield from self._row(pid, row, label)
            args: Event = {"goroutine": goroutine} if goroutine >= 0 else {}
            yield _stretch(name, pid, row, (start, end), args)

    def _row(self, pid: int, row: int, label: str) -> Iterator[Event]:
        """The name of a row, the first time it is drawn in."""
        if (pid, row) not in self._named:
            self._named.add((pid, row))
            yield _name("thread_name", pid, _tid(row), label)

    def _collector(self, summary: TraceSummary) -> Iterator[Event]:
        yield from self._row(_COLLECTOR, _CYCLES, "collections")
        yield from self._row(_COLLECTOR, _STOPS, "the world stands still")
        for cycle in summary.gc.collections:
            times = cycle.start_ns, cycle.end_ns
            yield _stretch(f"GC {cycle.number}", _COLLECTOR, _CYCLES, times, _told(cycle))
        for stop in summary.gc.stops:
            times = stop.start_ns, stop.end_ns
            yield _stretch(visible(stop.reason), _COLLECTOR, _STOPS, times, {})
        for assist in summary.gc.assists:
            row, function = assist.goroutine, visible(assist.function)
            yield from self._row(_ASSISTS, row, f"{function} {row}".lstrip())
            yield _stretch("mark assist", _ASSISTS, row, (assist.start_ns, assist.end_ns), {})


def _told(cycle: Collection) -> Event:
    """What is known of a collection's heap."""
    known = {
        "heap before": cycle.heap_before,
        "heap after": cycle.heap_after,
        "live": cycle.heap_live,
        "goal": cycle.goal,
        "forced": cycle.forced,
    }
    return {name: value for name, value in known.items() if value >= 0}


def _stretch(name: str, pid: int, row: int, times: tuple[int, int], args: Event) -> Event:
    start, end = times
    return {
        "name": name, "cat": "go", "ph": "X", "ts": start / 1e3, "dur": (end - start) / 1e3,
        "pid": pid, "tid": _tid(row), "args": args,
    }  # fmt: skip


def _overlapping(name: str, task: int, start: int, end: int) -> Iterator[Event]:
    for phase, time in (("b", start), ("e", end)):
        yield {
            "name": name, "cat": "task", "ph": phase, "ts": time / 1e3, "id": f"{task:#x}",
            "pid": _TASKS, "tid": 1, "args": {},
        }  # fmt: skip


def _counters(curves: Iterable[Curve], pid: int) -> Iterator[Event]:
    for curve in curves:
        for time, value in zip(curve.time_ns, curve.value, strict=True):
            yield {
                "name": curve.name, "cat": "go", "ph": "C", "ts": time / 1e3, "pid": pid, "tid": 1,
                "args": {curve.unit: value},
            }  # fmt: skip


def _name(what: str, pid: int, tid: int, name: str) -> Event:
    return {"name": what, "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}


def _tid(row: int) -> int:
    """A thread's number, which must not be 0: that is the idle thread."""
    return row + 1
