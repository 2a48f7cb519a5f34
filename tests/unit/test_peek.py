"""`heapwise peek --json`: the functions that were asked for and their neighbours, as data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.analysis.graph import call_graph
from heapwise.analysis.peek import peek
from heapwise.analysis.trim import UNTRIMMED
from heapwise.analysis.view import Query, look
from heapwise.cli.main import app
from heapwise.errors import ProfileError
from support.profiles import Sample, profile, profile_bytes

STACKS = {
    ("json.grow", "json.write", "main.handle", "main.main"): (4, 4096),
    ("gzip.New", "main.handle", "main.main"): (1, 800_000),
    ("main.start", "main.main"): (1, 16),
}


def test_peek_prints_data_of_the_matching_rows_and_their_neighbours(tmp_path: Path) -> None:
    """Who calls them, whom they call, and nothing that is further away."""
    path = tmp_path / "heap.pb.gz"
    path.write_bytes(profile_bytes(STACKS))
    command = ["peek", "--json", "-alloc_space", "handle", str(path)]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    printed = json.loads(result.stdout)
    assert printed["kind"] == "peek"
    data = printed["data"]
    names = [row["name"] for row in data["rows"]]
    assert sorted(names) == ["gzip.New", "json.write", "main.handle", "main.main"]
    assert [names[number] for number in data["matched"]] == ["main.handle"]
    calls = {(names[call["caller"]], names[call["callee"]]): call["weight"]
             for call in data["calls"]}  # fmt: skip
    assert calls == {
        ("main.main", "main.handle"): 804_096,
        ("main.handle", "gzip.New"): 800_000,
        ("main.handle", "json.write"): 4096,
    }


def test_peek_says_so_where_nothing_matches(tmp_path: Path) -> None:
    """With the names there are."""
    path = tmp_path / "heap.pb.gz"
    path.write_bytes(profile_bytes(STACKS))
    with pytest.raises(ProfileError, match="no function") as error:
        CliRunner().invoke(
            app, ["peek", "-alloc_space", "nowhere", str(path)], catch_exceptions=False
        )
    assert "main.main" in error.value.hint


@settings(deadline=None, max_examples=60)
@given(
    stacks=st.lists(
        st.tuples(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5), st.integers(-2, 9)),
        min_size=1, max_size=8,
    ),
    letters=st.sets(st.sampled_from("abcdef"), max_size=3),
)  # fmt: skip
def test_every_call_of_a_matching_row_is_in_it_and_no_other(
    stacks: list[tuple[list[str], int]], letters: set[str]
) -> None:
    """Whatever the graph, weights below zero and nodes that cancel out included."""
    built = profile([Sample(tuple(stack), [1, weight]) for stack, weight in stacks])
    graph = call_graph(look(built, Query(sample_type="alloc_space"), source=""), UNTRIMMED)
    found = peek(graph, letters.__contains__)
    rows = {row.name for row in graph.rows}
    assert {found.rows[number].name for number in found.matched} == letters & rows
    assert [(found.name(call.caller), found.name(call.callee), call.weight)
            for call in found.calls] == [
        (graph.name(call.caller), graph.name(call.callee), call.weight)
        for call in graph.calls
        if {graph.name(call.caller), graph.name(call.callee)} & letters & rows
    ]  # fmt: skip
