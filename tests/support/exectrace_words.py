"""A trace in words, an event a line: from our columns and from what ``go tool trace`` prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from heapwise.formats.exectrace import TraceStream
from heapwise.model.exectrace import EventKind, Generation, GoState

HEAP, GOAL, PROCS = (
    "/memory/classes/heap/objects:bytes",
    "/gc/heap/goal:bytes",
    "/sched/gomaxprocs:threads",
)
_STATES = dict(zip(GoState, ("?", "Runnable", "Running", "Syscall", "Waiting"), strict=True))


class Said(NamedTuple):
    """One event. Of what begins to run the goroutine or processor is -1, as it was before it."""

    thread: int
    proc: int
    goroutine: int
    time: int
    words: str


def in_words(stream: TraceStream) -> Iterator[Said]:
    """Our events, without those that are only of interest to the reader of the format."""
    for generation in stream:
        events = generation.events
        columns = zip(*(getattr(events, name).tolist() for name in events.columns()), strict=True)
        for time, kind, thread, proc, goroutine, _, a, b, c in columns:
            words = _words(generation, EventKind(kind), goroutine, a, b, c)
            if words is None:
                continue
            begins = kind in (EventKind.GO_START, EventKind.GO_STATUS)
            yield Said(
                thread,
                -1 if kind == EventKind.PROC_START else proc,
                -1 if begins else goroutine,
                time,
                words,
            )


def _words(
    generation: Generation, kind: EventKind, goroutine: int, a: int, b: int, c: int
) -> str | None:
    text = generation.strings
    if kind == EventKind.GO_CREATE:
        return f"go {a} NotExist->{('Runnable', 'Waiting', 'Syscall')[c]}"
    if kind == EventKind.GO_STATUS:
        return f"go {a} is {_STATES[GoState(b)]}"
    if kind == EventKind.GO_SYSCALL_END:
        return f"go {goroutine} Syscall->{('Running', 'Runnable')[a]}"
    form = _FORMS.get(kind)
    return form and form.format(
        a=a, b=b, goroutine=goroutine, text=text.get(a, ""), name=text.get(b, ""), last=text.get(c)
    )


_FORMS = {
    EventKind.GO_STOP: "go {goroutine} Running->Runnable {text}",
    EventKind.GO_BLOCK: "go {goroutine} Running->Waiting {text}",
    EventKind.GO_DESTROY: "go {goroutine} ->NotExist",
    EventKind.STW_BEGIN: "begin stop-the-world ({text})",
    EventKind.STW_END: "end stop-the-world ({text})",
    EventKind.TASK_BEGIN: "task begin {a} {last}",
    EventKind.REGION_BEGIN: "region begin {a} {name}",
    EventKind.REGION_END: "region end {a} {name}",
    EventKind.USER_LOG: "log {a} {name} {last}",
    EventKind.SWEEP_END: "end GC incremental sweep {a} {b}",
    EventKind.PROCS_CHANGE: f"{PROCS} {{a}}",
    EventKind.PROC_START: "proc {a} Idle->Running",
    EventKind.PROC_STOP: "proc {a} Running->Idle",
    EventKind.GO_START: "go {a} Runnable->Running",
    EventKind.GO_UNBLOCK: "go {a} Waiting->Runnable",
    EventKind.GO_SYSCALL_BEGIN: "go {goroutine} Running->Syscall",
    EventKind.GC_ACTIVE: "active GC concurrent mark phase",
    EventKind.GC_BEGIN: "begin GC concurrent mark phase",
    EventKind.GC_END: "end GC concurrent mark phase",
    EventKind.SWEEP_BEGIN: "begin GC incremental sweep",
    EventKind.ASSIST_ACTIVE: "active GC mark assist",
    EventKind.ASSIST_BEGIN: "begin GC mark assist",
    EventKind.ASSIST_END: "end GC mark assist",
    EventKind.HEAP_ALLOC: f"{HEAP} {{a}}",
    EventKind.HEAP_GOAL: f"{GOAL} {{a}}",
    EventKind.TASK_END: "task end {a}",
    EventKind.CPU_SAMPLE: "sample",
}

_EVENT = re.compile(r"M=(-?\d+) P=(-?\d+) G=(-?\d+) (\w+) Time=(-?\d+)(?: (.*))?$")
_GO = re.compile(r"GoID=(\d+) (\w+)->(\w+)")
_PROC = re.compile(r"ProcID=(\d+) (\w+)->(\w+)")
_REASON = re.compile(r'Reason="([^"]*)"')
_RANGE = re.compile(r'Name="([^"]*)" Scope=\S+(?: Attributes=\[(.*)\])?')
_METRIC = re.compile(r'Name="([^"]*)" Value=(?:Value\{)?Uint64\((\d+)\)')
_QUOTED = re.compile(r"=\"((?:[^\"\\]|\\.)*)\"")


def in_gos_words(lines: Iterable[str]) -> Iterator[Said]:
    """The same from ``go tool trace -d=parsed``."""
    for line in lines:
        found = _EVENT.match(line.rstrip("\n"))
        if not found:
            continue
        words = _gos_words(found[4], found[6] or "")
        if words is not None:
            goroutine = -1 if " is " in words and words.startswith("go ") else int(found[3])
            yield Said(int(found[1]), int(found[2]), goroutine, int(found[5]), words)


def _gos_words(kind: str, rest: str) -> str | None:
    if kind == "StateTransition":
        return _gos_transition(rest)
    if kind in ("RangeBegin", "RangeEnd", "RangeActive"):
        found = _RANGE.match(rest)
        assert found, rest
        if kind == "RangeActive" and found[1] == "GC incremental sweep":
            return None
        numbers = re.findall(r"Uint64\((\d+)\)", found[2] or "")
        return " ".join((kind[5:].lower(), found[1], *numbers))
    if kind == "Metric":
        found = _METRIC.match(rest)
        assert found, rest
        return f"{found[1]} {found[2]}"
    number = rest.partition("=")[2].split()[:1]
    texts = [text.encode().decode("unicode_escape") for text in _QUOTED.findall(rest)]
    simple = {
        "TaskBegin": "task begin", "TaskEnd": "task end", "RegionBegin": "region begin",
        "RegionEnd": "region end", "Log": "log",
    }  # fmt: skip
    if kind in simple:
        shown = () if kind == "TaskEnd" else texts
        return " ".join((simple[kind], *number, *shown))
    return "sample" if kind == "StackSample" else None


def _gos_transition(rest: str) -> str | None:
    if found := _PROC.search(rest):
        proc, old, new = found.groups()
        moves = {("Idle", "Running"), ("Running", "Idle")}
        return f"proc {proc} {old}->{new}" if (old, new) in moves else None
    found, reason = _GO.search(rest), _REASON.search(rest)
    assert found, rest
    assert reason, rest
    go, old, new = found.groups()
    if old in ("Undetermined", new):
        return f"go {go} is {new}"
    if new == "NotExist":
        return f"go {go} ->NotExist"
    said = f" {reason[1]}" if old == "Running" and new in ("Runnable", "Waiting") else ""
    return f"go {go} {old}->{new}{said}"
