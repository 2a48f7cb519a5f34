"""Stacks that a collection of CPython held up, as the agent lists them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from heapwise.errors import ProfileError
from heapwise.formats.gcevents import MAX_VICTIM, parse_gc_events


def answer(**fields: Any) -> str:
    """An answer with one collection."""
    event = {
        "seq": 7, "start_unix_ns": 1, "duration_ns": 2, "generation": 2, "collected": 0,
        "uncollectable": 0, **fields,
    }  # fmt: skip
    return json.dumps({"version": 1, "next": 8, "events": [event]})


def test_victims_are_known_by_the_number_of_their_collection() -> None:
    """Agents before 0.2 name none."""
    assert parse_gc_events(answer(victim="app.main;app.handle")).victims == {
        7: "app.main;app.handle"
    }
    assert parse_gc_events(answer()).victims == {}


def test_a_victim_without_end_is_cut_and_one_that_is_no_text_refused() -> None:
    """A service may send anything."""
    found = parse_gc_events(answer(victim="x" * 10**6)).victims
    assert len(found[7]) == MAX_VICTIM
    with pytest.raises(ProfileError, match="victim"):
        parse_gc_events(answer(victim=["x"]))
