"""The agent's variables: recognised by their mark, read, or refused in one line."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.agentvars import AgentPage, parse_agent_vars

MEMSTATS = {"TotalAlloc": 100, "Mallocs": 10, "Frees": 4, "HeapAlloc": 60, "NumGC": 0}


def page(memstats: Any = MEMSTATS, **about: Any) -> str:
    heapwise = {"version": "0.1.0", "runtime": "CPython 3.11.7", "pid": 7, "interval": 524_288}
    return json.dumps({"cmdline": [], "memstats": memstats, "heapwise": {**heapwise, **about}})


def read(*args: Any, **about: Any) -> AgentPage:
    found = parse_agent_vars(page(*args, **about))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", "<html>", '{"memstats": {}}', '{"heapwise": 1}', '{"heapwise": {}}', "\xff"],
)
def test_other_pages_are_no_agents(text: str) -> None:
    """Go's expvar, an application's own variables, and what is not JSON at all."""
    assert parse_agent_vars(text) is None


def test_counters_carry_who_counted() -> None:
    """Exact counters under Go's names, and a number that changes with the processes."""
    alone = read().counted().counters
    assert (alone.total_alloc, alone.mallocs, alone.frees) == (100, 10, 4)
    assert alone.process >= 0
    same = read(workers=[{"pid": 7, "answers": True}]).counted().counters
    assert same.process == alone.process
    assert not same.went_back(alone)
    renewed = read({**MEMSTATS, "TotalAlloc": 900}, workers=[{"pid": 7}, {"pid": 8}])
    assert renewed.counted().counters.went_back(alone)


def test_what_the_agent_cannot_tell_is_said() -> None:
    """Missing frames, full tables and silent workers limit what a profile shows."""
    assert read().heapwise.limits == ()
    limits = read(
        frames="unknown CPython",
        stack_overflow=1_200,
        workers=[{"pid": 7, "answers": True}, {"pid": 8, "answers": False}],
    ).heapwise.limits
    assert len(limits) == 3
    assert "unknown CPython" in limits[0]
    assert "1,200 allocations" in limits[1]
    assert "1 of 2 workers" in limits[2]


@pytest.mark.parametrize(
    "about", [{"pid": -1}, {"interval": "often"}, {"workers": [{}]}, {"version": 1}]
)
def test_a_damaged_object_is_one_line(about: dict[str, Any]) -> None:
    """The mark is there and the rest makes no sense: that is worth saying."""
    with pytest.raises(ProfileError, match="no agent that we know"):
        parse_agent_vars(page(**about))


def test_without_the_exact_counters_there_is_nothing_to_count() -> None:
    """An agent without its extension has no TotalAlloc; it is recognised all the same."""
    found = read({"NumGC": 3}, unavailable="no extension")
    assert found.heapwise.unavailable == "no extension"
    with pytest.raises(ProfileError, match="TotalAlloc"):
        found.counted()


@given(st.binary(max_size=200) | st.text(max_size=100))
def test_any_bytes_have_an_answer(data: bytes | str) -> None:
    """Nothing raises but `ProfileError`."""
    with contextlib.suppress(ProfileError):
        parse_agent_vars(data)


@given(st.dictionaries(st.sampled_from(["pid", "workers", "frames", "interval"]), st.integers()))
def test_any_numbers_have_an_answer(about: dict[str, int]) -> None:
    """Numbers of any size where others are expected are refused or kept in range."""
    try:
        found = parse_agent_vars(page(**about))
    except ProfileError:
        return
    assert found is not None
    assert -1 <= found.heapwise.identity < 2**32
