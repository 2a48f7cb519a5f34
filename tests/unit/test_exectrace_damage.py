"""Traces that are cut, damaged or hostile: everything before the damage, its offset, no more."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.exectrace import LIMITS, Limits, TraceStream, open_trace
from heapwise.model.exectrace import EventKind
from support.exectrace_data import NAMES, trace_of
from support.exectrace_writer import (
    NUMBERS,
    batch,
    event,
    header,
    running,
    stack,
    string,
    sync,
    tables,
    trace,
)
from support.protowire import varint

FULL = os.environ.get("HEAPWISE_FULL") == "1"
SMALL = Limits(generation=1 << 20, entries=1000, events=500)

BODY = (
    running()
    + event("GoCreate", 1, 2, 1, 1)
    + event("GoBlock", 1, 1, 1)
    + event("GoStart", 1, 2, 1)
    + event("GoSyscallBegin", 1, 1, 1)
    + event("GoSyscallEnd", 1)
    + event("UserLog", 1, 5, 1, 1, 1)
    + event("GoSwitchDestroy", 1, 1, 1)
)
MORE = batch(event("CPUSamples") + event("CPUSample", 5, 1, 0, 1, 1)) + tables(
    strings=[string(1, "a")], stacks=[stack(1, (1, 1, 7), (1, 1, 8))]
)


def read(data: bytes, limits: Limits = LIMITS) -> tuple[TraceStream, int]:
    """The stream after its end, and how many events it had."""
    stream = open_trace(io.BytesIO(data), limits=limits)
    count = 0
    for part in stream:
        assert (part.events.time[1:] >= part.events.time[:-1]).all()
        count += len(part.events)
        for number in list(part.stacks)[:9]:
            assert isinstance(part.stacks[number], tuple)
    return stream, count


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"go 1.2", "it breaks off inside its header"),
        (b"go 1.26 trace\0", "it breaks off inside its header"),
        (b"go 1.26 crate\0\0\0", "its header is damaged"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x8d\x93", "gunzip"),
        (b"<html><body>404 page not found", "not as an execution trace of Go"),
    ],
)
def test_what_is_no_trace_is_an_error(data: bytes, reason: str) -> None:
    """One line says what it is instead, and where traces come from."""
    with pytest.raises(ProfileError, match=reason) as caught:
        open_trace(io.BytesIO(data))
    assert caught.value.hint


@pytest.mark.parametrize("version", [5, 10, 20, 24, 27, 99])
def test_an_unknown_version_is_an_error_that_names_the_known_ones(version: int) -> None:
    """Guessing at a format would give wrong figures."""
    with pytest.raises(ProfileError) as caught:
        open_trace(io.BytesIO(header(version) + bytes(99)))
    assert f"version 1.{version} of the format" in caught.value.why
    assert "1.11, 1.19, 1.21, 1.22, 1.23, 1.25, 1.26" in caught.value.why


@pytest.mark.parametrize("version", [22, 25, 26])
def test_a_trace_cut_anywhere_yields_what_came_before(version: int) -> None:
    """The offset is never behind the cut, and more bytes never give fewer events."""
    data = trace(BODY, version=version, more=MORE)
    whole, all_events = read(data)
    assert whole.damage is None
    before = 0
    for size in range(16, len(data)):
        stream, count = read(data[:size])
        assert stream.size == size
        assert stream.damage is None or 16 <= stream.damage.offset <= size
        assert before <= count <= all_events
        before = count
    assert before == all_events
    assert read(data[: data.index(BODY) + len(BODY)])[1] == all_events - 1  # but for the sample


def test_a_cut_is_told_from_the_end() -> None:
    """Since Go 1.26 a generation says where it ends; before, only batches can be cut visibly."""
    stream, _ = read(trace(BODY, more=MORE)[:-1])
    assert stream.damage is not None
    assert "breaks off inside a generation" in stream.damage.what
    stream, _ = read(trace(BODY, more=MORE, version=25)[:-3])
    assert stream.damage is not None
    assert stream.damage.what == "it breaks off"


def test_times_without_a_frequency_say_what_they_assume() -> None:
    """Before Go 1.25 it comes last; 64 ns is what Go has on nearly every system."""
    data = header(22) + batch(running() + event("HeapAlloc", 1000, 1), thread=1)
    stream = open_trace(io.BytesIO(data))
    (part,) = stream
    assert part.events.time.tolist() == [0, 64, 64_064]
    assert stream.damage is not None
    assert "assume units of 64 ns" in stream.damage.what


def test_a_later_generation_without_a_frequency_has_that_of_the_one_before() -> None:
    """It does not change while a service runs."""
    first = trace(running() + event("HeapAlloc", 1, 1), version=22, frequency=10**6)
    second = batch(event("HeapAlloc", 1, 2), thread=1, time=99, generation=2)
    stream = open_trace(io.BytesIO(first + second))
    assert [part.events.time.tolist() for part in stream] == [[0, 1000, 2000], [99_000]]
    assert stream.damage is not None


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (b"\x07", "no batch of events begins here"),
        (event("EventBatch", 1, 1, 1, 65537), "a batch is larger than 64 KiB"),
        (event("EventBatch", 0, 1, 1, 1), "generations are mixed up"),
        (event("EventBatch", 9, 1, 1, 1), "generations are mixed up"),
        (bytes([1]) + b"\xff" * 11, "a number has more than 10 bytes"),
        (batch(event("Strings") + event("Stack", 1, 0)), "an entry does not belong to its table"),
        (batch(event("Strings") + event("String", 1, 1025)), "a string is too long"),
        (batch(event("Strings") + event("String", 1, 9) + b"short"), "it breaks off"),
        (batch(event("Stacks") + event("Stack", 1, 129)), "a stack is too deep"),
        (batch(event("Stacks") + event("Stack", 1, 2, 1, 1, 1, 1)), "it breaks off"),
        (batch(event("Sync") + event("Frequency", 0)), "its clock has no such frequency"),
        (batch(event("Sync") + event("Frequency", 1 << 60)), "its clock has no such frequency"),
        (batch(event("GoStop", 1, 1, 1) + b"\xf0", thread=3), "an event is of no kind"),
        (batch(event("GoStop", 1, 1, 1) + b"\xc8\1\1\1\1", thread=3), "an event is of no kind"),
        (batch(event("ClockSnapshot", 1, 1, 1, 1), thread=3), "an event is of no kind"),
        (batch(bytes([NUMBERS["HeapAlloc"], 1]), thread=3), "it breaks off"),
    ],
)
def test_damage_ends_the_trace_where_it_stands(broken: bytes, what: str) -> None:
    """What came before is there, with the byte at which the damage is."""
    sound = trace(BODY, more=MORE)[:-1]
    stream, count = read(sound + broken + batch(event("GoStop", 1, 1, 1), thread=9))
    assert stream.damage is not None
    assert what in stream.damage.what
    assert len(sound) <= stream.damage.offset <= len(sound) + len(broken)
    assert count >= read(sound)[1]


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(generation=200), "more bytes than heapwise wants to read"),
        (Limits(entries=3), "more threads than heapwise wants to read"),
    ],
)
def test_limits_end_a_trace_as_damage_does(limits: Limits, what: str) -> None:
    """Nobody has to wait for the end of a trace that has none."""
    data = trace(*(event("HeapAlloc", 1, 9) * 9 for _ in range(9)))
    stream, count = read(data, limits)
    assert stream.damage is not None
    assert what in stream.damage.what
    assert 0 < count < 81


def test_strings_have_a_limit() -> None:
    """Empty strings take three bytes each in a trace, and many times that in memory."""
    more = tables(strings=[string(number, "") for number in range(1001)])
    stream, _ = read(trace(BODY, more=more), SMALL)
    assert stream.damage is not None
    assert "more strings" in stream.damage.what


@pytest.mark.parametrize(
    "body",
    [
        event("Stacks") + event("Stack", 1, 0) * 9000,
        event("CPUSamples") + event("CPUSample", 0, 1, 0, 1, 1) * 9000,
        event("Strings") + string(1, "") * 9000,
    ],
)
def test_what_is_held_counts_against_the_limit(body: bytes) -> None:
    """A few bytes of a trace may take fifty in memory, also under an id that was there before."""
    stream, _ = read(header(26) + batch(body) * 9, SMALL)
    assert stream.damage is not None
    assert "more bytes than heapwise wants to read" in stream.damage.what


def test_tiny_batches_count_as_what_they_take() -> None:
    """Seven bytes of a trace are a batch, which takes thirty and a thread a hundred."""
    data = header(26) + batch(event("HeapAlloc", 1, 1), thread=1) * 40_000
    assert len(data) < SMALL.generation
    stream, count = read(data, SMALL)
    assert 0 < count < 40_000
    assert stream.damage is not None
    assert "more bytes than heapwise wants to read" in stream.damage.what


def test_generations_have_a_limit() -> None:
    """Each costs a millisecond to summarise, and could be one of a dozen bytes."""
    one = sync() + event("EndOfGeneration")
    stream = open_trace(io.BytesIO(header(26) + one * 9), limits=Limits(generations=5))
    assert sum(1 for _ in stream) == 5
    assert stream.damage is not None
    assert "more generations" in stream.damage.what
    assert stream.damage.offset == len(header(26) + one * 6)


def test_a_second_iteration_does_not_disturb_the_first() -> None:
    """A generation that is being read stays as it is: what is merged points into it."""
    body = event("HeapAlloc", 1, 9) * 50
    stream = open_trace(io.BytesIO(trace(body) + batch(body)), limits=Limits(events=9))
    first = iter(stream)
    count = len(next(first).events)
    with pytest.raises(ValueError, match="being read"):
        next(iter(stream))
    assert count + sum(len(part.events) for part in first) == 100


def test_goroutines_beyond_the_limit_are_taken_by_time() -> None:
    """They are not known to the order, but their events are there."""
    body = b"".join(event("GoCreate", 1, number, 0, 0) for number in range(2000))
    _, count = read(trace(body), SMALL)
    assert count == 2000


@given(st.binary(max_size=400), st.sampled_from([11, 19, 21, 22, 23, 25, 26]))
def test_random_bytes_end_in_damage_or_nothing(data: bytes, version: int) -> None:
    """No crash, no loop, no other error."""
    stream, _ = read(header(version) + data, SMALL)
    assert stream.size == 16 + len(data)


# How many numbers follow the time of an event.
ARGUMENTS = dict.fromkeys((128, 129), 3) | dict.fromkeys((131, 132, 134, 135), 2)
ARGUMENTS |= dict.fromkeys((130, 133, 136), 1)
ARGUMENTS |= {
    number: int(digit)
    for number, digit in enumerate("2203231200223200320121112110111423342234", 9)
    if number != NUMBERS["HeapAlloc"]
}
EVENTS = st.tuples(
    st.sampled_from(sorted(ARGUMENTS)),
    st.lists(st.integers(0, 4) | st.just(2**64 - 1), min_size=6, max_size=6),
)


@given(st.lists(st.lists(EVENTS, max_size=9), max_size=4))
def test_random_events_are_taken_by_time(threads: list[list[tuple[int, list[int]]]]) -> None:
    """What contradicts itself is read to its end, and the order of each thread stays."""
    bodies = [
        b"".join(
            bytes([number])
            + b"".join(map(varint, arguments[: ARGUMENTS[number] + 1]))
            + event("HeapAlloc", 0, mark)
            for mark, (number, arguments) in enumerate(events)
        )
        for events in threads
    ]
    stream = open_trace(io.BytesIO(trace(*bodies)), limits=SMALL)
    marks: list[list[int]] = [[] for _ in threads]
    for part in stream:
        own = part.events.kind == EventKind.HEAP_ALLOC
        pairs = zip(part.events.thread[own].tolist(), part.events.a[own].tolist(), strict=True)
        for thread, mark in pairs:
            marks[thread - 1].append(mark)
    assert stream.damage is None
    assert marks == [list(range(len(events))) for events in threads]


@pytest.mark.parametrize("name", NAMES)
def test_real_traces_cut_anywhere_lose_only_their_end(name: str) -> None:
    """Of a trace of the real Go, at many places."""
    data = trace_of(name)
    step = 13 if FULL else 997
    for size in range(16, len(data), step):
        stream, _ = read(data[:size])
        assert stream.size == size


def _flip(data: bytearray, place: int) -> None:
    data[place // 8] ^= 1 << place % 8


def _stamp(data: bytearray, place: int) -> None:
    data[place // 8 : place // 8 + 10] = b"\xff" * 10


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("harm", [_flip, _stamp])
def test_real_traces_with_flipped_bits_are_read_somehow(
    name: str, harm: Callable[[bytearray, int], None]
) -> None:
    """Wrong figures cannot be ruled out, crashes and endless loops can."""
    data = trace_of(name)
    rounds = 2000 if FULL else 15
    for number in range(rounds):
        place = 128 + number * 2_654_435_761 % (8 * len(data) - 256)
        harmed = bytearray(data)
        harm(harmed, place)
        read(bytes(harmed), SMALL)


def test_threads_that_wait_for_each_other_do_not_cost_more_than_their_number() -> None:
    """A hostile trace in which no thread can ever go on is read in time."""
    bodies = [event("GoStart", 1, 5, 9) * 40 for _ in range(900)]
    stream, count = read(trace(*bodies))
    assert count == 900 * 40
    assert stream.disordered > 0


def test_many_empty_generations_are_many_and_empty() -> None:
    """A generation costs what it holds, not what it may hold."""
    one = sync() + event("EndOfGeneration")
    data = header(26) + one * 2000
    stream = open_trace(io.BytesIO(data))
    assert sum(1 for _ in stream) == 2000
    assert stream.damage is None
