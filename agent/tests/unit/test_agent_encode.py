"""What the agent writes is read back by protobuf's own parser and by heapwise."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsupport import oracle
from heapwise.formats import pprof
from heapwise_agent.encode import Labels, Profile, ValueType
from heapwise_agent.sampler import Frame

TYPES = (ValueType("objects", "count"), ValueType("space", "bytes"))
INT64 = 2**63 - 1

texts = st.text(max_size=12)
numbers = st.integers(0, INT64)
frames = st.builds(Frame, texts, texts, st.integers(-1, 2**31), st.integers(-1, 2**31))
stacks = st.lists(frames, min_size=1, max_size=5).map(tuple)
labels = st.lists(
    st.one_of(
        st.tuples(st.just("kind"), st.text(min_size=1, max_size=5), st.just("")),
        st.tuples(st.just("bytes"), numbers, st.just("bytes")),
    ),
    max_size=2,
).map(tuple)
values = st.tuples(st.integers(-INT64, INT64), st.integers(-INT64, INT64))
samples = st.lists(st.tuples(stacks, values, labels), max_size=8)


def profile(*rows: tuple[tuple[Frame, ...], tuple[float, ...], Labels]) -> Profile:
    """A profile of two values."""
    out = Profile(TYPES, TYPES[1], 512)
    for stack, row, notes in rows:
        out.add(stack, row, notes)
    return out


def clean(text: str) -> str:
    """What becomes of a text that is no Unicode."""
    return text.encode("utf-8", "backslashreplace").decode()


@given(samples)
def test_any_samples_come_back_from_protobufs_own_parser(
    rows: list[tuple[tuple[Frame, ...], tuple[int, int], Labels]],
) -> None:
    """Stacks, values, labels, lines and files are those that were added, in their order."""
    expected = [
        (
            tuple(
                (
                    clean(frame.name),
                    clean(frame.filename),
                    max(0, frame.line),
                    max(0, frame.start_line),
                )
                for frame in stack
            ),
            row,
            tuple((clean(key), clean(value) if isinstance(value, str) else value)
                  for key, value, _ in notes),
        )
        for stack, row, notes in rows
        if any(row)
    ]  # fmt: skip
    found = [
        (tuple(frame[1:] for frame in stack), row, notes)
        for stack, row, notes in oracle.rows(profile(*rows).encode())
    ]
    assert found == expected


@given(samples)
def test_any_samples_are_a_profile_that_heapwise_accepts(
    rows: list[tuple[tuple[Frame, ...], tuple[int, int], Labels]],
) -> None:
    """The strict reader, which checks ids, strings and the number of values, has nothing to say."""
    decoded = pprof.decode(profile(*rows).encode())
    assert decoded.values.tolist() == [list(row) for _, row, _ in rows if any(row)]
    assert decoded.period == 512


def test_values_are_rounded_once_and_kept_within_int64() -> None:
    """Halves go to the even number, and what no int64 holds becomes the largest one."""
    stack = (Frame("f", "/srv/app.py", 2, 1),)
    data = profile((stack, (1.5, 2.5), ()), (stack, (1e300, -1e300), ())).encode()
    assert [row for _, row, _ in oracle.rows(data)] == [(2, 2), (INT64, -INT64)]


def test_a_difference_drops_what_is_equal_and_keeps_what_is_gone_as_negative() -> None:
    """Rows are matched by stack and labels."""
    first = (Frame("f", "/srv/app.py", 2, 1),)
    second = (Frame("g", "/srv/app.py", 5, 4),)
    later = profile((first, (3, 30), ()), (second, (1, 10), ()))
    later.subtract(profile((first, (1, 10), ()), (first, (1, 10), ()), (second, (1, 10), ())))
    assert [row for _, _, row in later.rows()] == [(1, 10)]
    later.subtract(profile((second, (2, 20), ())))
    assert (second, (), (-2, -20)) in list(later.rows())


def test_head_and_tail_of_the_message_are_there() -> None:
    """Types, period, times, the type to show first, comments and one complete mapping."""
    out = profile()
    out.time_ns, out.duration_ns, out.default, out.comments = 7, 8, "objects", ("a", "b")
    message = oracle.message(out.encode())
    text = [each.decode() for each in message.string_table]
    assert [(text[kind.type], text[kind.unit]) for kind in message.sample_type] == [
        ("objects", "count"),
        ("space", "bytes"),
    ]
    assert (text[message.period_type.type], message.period) == ("space", 512)
    assert (message.time_nanos, message.duration_nanos) == (7, 8)
    assert text[message.default_sample_type] == "objects"
    assert [text[comment] for comment in message.comment] == ["a", "b"]
    (mapping,) = map(oracle.profile_proto.Mapping.FromString, message.mapping)
    assert mapping.has_functions
    assert mapping.has_filenames
    assert mapping.has_line_numbers


@pytest.mark.parametrize("name", ["\udc80", "a\nb", "\0", "größe", "💾"])
def test_names_of_every_kind_are_valid_utf8(name: str) -> None:
    """A name that came from undecodable bytes is escaped, and nothing else is changed."""
    data = profile(((Frame(name, f"/srv/{name}.py", 1, 1),), (1, 1), ())).encode()
    ((((_, system, file, _, _),), _, _),) = oracle.rows(data)
    assert system == clean(name)
    assert file == clean(f"/srv/{name}.py")


def test_the_message_is_compressed() -> None:
    """Readers of profiles expect gzip."""
    assert gzip.decompress(profile().encode()).startswith(b"\x0a")
