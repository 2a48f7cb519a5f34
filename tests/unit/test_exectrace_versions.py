"""Traces that Go 1.19 to 1.25 wrote, against what those versions say of them themselves."""

from __future__ import annotations

import io
import json

import pytest

from heapwise.formats.exectrace import Limits, open_trace
from heapwise.model.exectrace import EventKind
from support.exectrace_counts import counts
from support.exectrace_data import FOLDER, NAMES, trace_of
from support.exectrace_words import in_words

SHORT_CALL = "go Syscall->Running"


def test_no_data_file_was_forgotten() -> None:
    """The formats of all these versions differ."""
    assert NAMES == ["go1.19.8", "go1.21.13", "go1.22.12", "go1.23.12", "go1.25.5"]


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_those_of_that_gos_own_tool(name: str) -> None:
    """Collections, stops by reason, assists, sweeps, goroutines, heap, goal, tasks, logs: all."""
    expected = json.loads((FOLDER / f"{name}.json").read_text())
    data = trace_of(name)
    stream = open_trace(io.BytesIO(data))
    found = counts(in_words(stream))
    assert (stream.damage, stream.disordered, stream.size) == (None, 0, len(data))
    if name < "go1.22":  # there a short call is one event; that it ends is said by us
        calls = expected["go Running->Syscall"] - expected["go Syscall->Runnable"]
        assert found.pop(SHORT_CALL) == calls
    assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_where_the_reads_of_a_file_end_does_not_matter(name: str) -> None:
    """Whatever is split, be it a string, a stack or the clock, is put together."""
    data = trace_of(name)
    whole = counts(in_words(open_trace(io.BytesIO(data))))
    for size in (1, 7, 4099) if len(data) < 40_000 else (211, 4099):
        stream = open_trace(Piecemeal(data, size))
        assert counts(in_words(stream)) == whole
        assert stream.damage is None


class Piecemeal(io.BytesIO):
    """Bytes that come ``size`` at a time, but for the header."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        return super().read(min(size or 0, self._size) if self.tell() else size)


@pytest.mark.parametrize("name", NAMES)
def test_every_goroutine_that_runs_is_known_and_every_stack_is_there(name: str) -> None:
    """Nothing starts that was not created, and no event refers to a stack that is missing."""
    known: set[int] = set()
    started = 0
    for part in open_trace(io.BytesIO(trace_of(name)), limits=Limits(events=1000)):
        events = part.events
        assert set(events.stack.tolist()) - {0} <= set(part.stacks)
        for kind, goroutine in zip(events.kind.tolist(), events.a.tolist(), strict=True):
            if kind in (EventKind.GO_CREATE, EventKind.GO_STATUS):
                known.add(goroutine)
            elif kind == EventKind.GO_START:
                started += 1
                assert goroutine in known
    assert started > 100


@pytest.mark.parametrize("name", NAMES)
def test_those_who_assist_have_names(name: str) -> None:
    """The stacks of mark assists lead to the function of the program that allocates."""
    (part,) = open_trace(io.BytesIO(trace_of(name)))
    ids = part.events.stack[part.events.kind == EventKind.ASSIST_BEGIN].tolist()
    frames = [frame for number in ids for frame in part.stacks[number]]
    assert any(frame.function.startswith("main.allocate.func1") for frame in frames)
    assert {frame.file for frame in frames} > {
        "heapwise.test/exectrace/main.go",
        "runtime/malloc.go",
    }
