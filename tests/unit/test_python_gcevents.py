"""Collections as the agent lists them: read, or refused in one line."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.gcevents import parse_gc_events
from heapwise.model.gc import Pause


def event(seq: int, **fields: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "start_unix_ns": 1_000,
        "duration_ns": 50,
        "generation": 0,
        "collected": 3,
        "uncollectable": 1,
        "forced": False,
        "thread": "MainThread",
        **fields,
    }


def answer(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    whole = {"version": 1, "next": 10, "lost": 2, "thresholds": [700, 10, 10]}
    return {**whole, "runtime": "CPython 3.11.7", "events": list(events), **fields}


def test_a_list_is_read_in_the_order_of_its_numbers() -> None:
    """Every field ends where it belongs, whoever sent them in whatever order."""
    text = json.dumps(answer(event(9, generation=2, forced=True), event(7)))
    read = parse_gc_events(text)
    assert read.pauses == (
        Pause(number=7, end_ns=1_050, pause_ns=50, generation=0, collected=3, uncollectable=1,
              forced=0),
        Pause(number=9, end_ns=1_050, pause_ns=50, generation=2, collected=3, uncollectable=1,
              forced=1),
    )  # fmt: skip
    assert (read.next, read.lost, read.thresholds) == (10, 2, (700, 10, 10))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no list of collections"),
        ("[]", "no list of collections"),
        ("<html>", "no list of collections"),
        ("[" * 100_000, "no list of collections"),
        (json.dumps(answer(version=2)), "version 2"),
        (json.dumps(answer(event(1), event(1))), "contradicts itself"),
        (json.dumps(answer(event(10))), "contradicts itself"),
        (json.dumps(answer(event(-1))), "seq"),
        (json.dumps(answer(event(1, duration_ns=-5))), "duration_ns"),
        (json.dumps(answer(event(1, duration_ns=2**63))), "duration_ns"),
        (json.dumps(answer(event(1, collected="many"))), "collected"),
        (json.dumps(answer(next=None)), "next"),
    ],
)
def test_what_is_none_is_refused_in_one_line(text: str, why: str) -> None:
    """Negative, huge, doubled and missing numbers, other versions and other documents."""
    with pytest.raises(ProfileError) as caught:
        parse_gc_events(text)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    """Nothing but `ProfileError` comes out of whatever a service sends."""
    with contextlib.suppress(ProfileError):
        parse_gc_events(data)


@given(st.dictionaries(st.sampled_from(sorted(event(1))), JSON))
def test_any_event_is_refused_or_read(fields: dict[str, Any]) -> None:
    """An event that is read has numbers that fit the recording's columns."""
    try:
        read = parse_gc_events(json.dumps(answer({**event(1), **fields})))
    except ProfileError:
        return
    (pause,) = read.pauses
    assert 0 <= pause.pause_ns <= pause.end_ns < 2**63
