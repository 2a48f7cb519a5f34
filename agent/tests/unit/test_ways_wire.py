"""What processes of one service tell each other arrives as it was, or is refused."""

from __future__ import annotations

import io
import json
import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise_agent.encode import Profile, ValueType
from heapwise_agent.prefork import wire
from heapwise_agent.prefork.wire import Message, WireError
from heapwise_agent.sampler import Counters, Frame, Row, Snapshot
from heapwise_agent.stacks import Activity

whole = st.integers(0, 2**63)
real = st.floats(0, 2.0**63)
names = st.text(max_size=20)
frames = st.builds(Frame, names, names, st.integers(-1, 10**6), st.integers(0, 10**6))
stacks = st.lists(frames, min_size=1, max_size=4).map(tuple)


def through(message: Message) -> Message:
    """What the other side reads."""
    return wire.decode(io.BytesIO(b"".join(wire.encode(message))))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Heaps of some stacks."""
    known = draw(st.lists(stacks, min_size=1, max_size=6, unique=True))
    index = st.integers(0, len(known) - 1)
    rows = draw(st.lists(st.builds(Row, index, real, whole, real, real, real, real), max_size=9))
    counters = draw(st.builds(Counters, *[whole] * 14, st.booleans()))
    return Snapshot(tuple(rows), tuple(known), draw(st.integers(1, 2**40)), counters)


def contents(snapshot: Snapshot) -> list[Any]:
    """Rows with their stacks, whatever the numbers of these are."""
    return [
        (snapshot.stacks[row.stack_index], row.size, row.hits, row.alloc_objects, row.alloc_space,
         row.inuse_objects, row.inuse_space)
        for row in snapshot.rows
    ]  # fmt: skip


@given(snapshots())
def test_a_heap_arrives_exactly(snapshot: Snapshot) -> None:
    """Every float, count and name is what it was."""
    arrived = wire.to_snapshot(through(wire.from_snapshot(snapshot)))
    assert contents(arrived) == contents(snapshot)
    assert (arrived.interval, arrived.counters) == (snapshot.interval, snapshot.counters)


def test_a_large_heap_goes_in_many_lines() -> None:
    """No line holds more than a batch, so nobody holds the GIL for long."""
    rows = [((Frame(f"f{number}", "x.py", 1, 1),), [number]) for number in range(10_000)]
    lines = list(wire.encode(Message({}, rows)))
    assert max(len(line) for line in lines) < 20_000
    assert wire.decode(io.BytesIO(b"".join(lines))).rows == rows


labels = st.one_of(st.just(()), st.tuples(st.tuples(names, st.one_of(names, whole), names)))


@given(st.lists(st.tuples(stacks, st.tuples(st.integers(1, 2**62), whole), labels), max_size=6))
def test_a_profile_arrives_exactly(rows: list[Any]) -> None:
    """Values, labels, types and comments are what they were."""
    kind = ValueType("pause", "nanoseconds")
    profile = Profile((ValueType("n", "count"), kind), kind, 7)
    profile.comments = ("one", "two")
    for stack, values, found in rows:
        profile.add(stack, values, found)
    arrived = wire.to_profile(through(wire.from_profile(profile)))
    assert list(arrived.rows()) == list(profile.rows())
    assert (arrived.types, arrived.period, arrived.comments) == (profile.types, 7, ("one", "two"))


def test_threads_and_tasks_arrive() -> None:
    """Kind, name, stack and count are what they were."""
    found = [
        Activity("thread", "MainThread", (Frame("f", "x.py", 3, 1),)),
        Activity("task", "Task-1", (Frame("g", "y.py", 4, 2), Frame("h", "y.py", 9, 8)), 3),
    ]
    assert wire.to_activities(through(wire.from_activities(found))) == found


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["head", "rows", "stacks", "frames", "x"]), inner, max_size=2
        ),
    ),
    max_leaves=12,
)


@given(
    st.lists(st.one_of(st.binary(max_size=30), json_values.map(lambda v: json.dumps(v).encode())))
)
def test_whatever_arrives_is_an_answer_or_refused(lines: list[bytes]) -> None:
    """No bytes make the reader fail in another way."""
    try:
        message = wire.decode(io.BytesIO(b"\n".join(lines) + b"\n"))
    except WireError:
        return
    for read in (wire.to_snapshot, wire.to_profile, wire.to_activities):
        try:
            read(message)
        except WireError:
            continue


@pytest.mark.parametrize(
    "data",
    [b"", b'{"head":{}}', b'{"rows":[[0,1]]}\n', b'{"stacks":[[0]]}\n', b'{"stacks":[[-1]]}\n',
     b"[]\n", b"nonsense\n", b"[" * 100_000 + b"\n"],
)  # fmt: skip
def test_refused(data: bytes) -> None:
    """What is cut off, or numbers what is not there, is refused."""
    with pytest.raises(WireError):
        wire.decode(io.BytesIO(data))


def test_lines_and_their_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who talks without end is not listened to."""
    monkeypatch.setattr(wire, "MAX_LINE", 1000)
    with pytest.raises(WireError, match="more than 1000 bytes"):
        wire.decode(io.BytesIO(b"x" * 5000))
    with pytest.raises(WireError, match="lines"):
        wire.decode(io.BytesIO(b'{"rows":[]}\n' * (wire.MAX_LINES + 1)))
    with pytest.raises(WireError, match="bytes"):
        wire.read_question(io.BytesIO(b"x" * (wire.MAX_QUESTION + 1)))


@pytest.mark.parametrize(
    "values",
    [
        [math.nan, 1, 1.0, 1.0, 1.0, 1.0],
        [1.0, 1, math.inf, 1.0, 1.0, 1.0],
        [1.0, 1, 10**400, 1.0, 1.0, 1.0],
        [1.0, 1, "5", 1.0, 1.0, 1.0],
        [-1e18, 1, 1.0, 1.0, 1.0, 1.0],
        [1.0, 1 << 64, 1.0, 1.0, 1.0, 1.0],
    ],
)
def test_a_heap_of_impossible_numbers_is_refused(values: list[Any]) -> None:
    """JSON can say more than can be added up: one such row would fail the view of all."""
    names = [field.name for field in fields(Counters)]
    counters = Counters(**dict.fromkeys(names, False))
    message = wire.from_snapshot(Snapshot((), (), 1, counters))
    message.rows.append(((Frame("f", "f.py", 1, 1),), values))
    with pytest.raises(WireError, match="not a heap"):
        wire.to_snapshot(through(message))


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"events": 5},
        {"events": [5]},
        {"events": [{"seq": 1}]},
        {"events": [{"seq": "1", "start_unix_ns": 1, "duration_ns": 1}]},
    ],
)
def test_collections_without_what_orders_them_are_refused(head: dict[str, Any]) -> None:
    """Numbers and times are what the joint list is made by."""
    with pytest.raises(WireError, match="not collections"):
        wire.to_collections(Message(head))
