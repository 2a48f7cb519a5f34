"""Benchmarks of Python programs: what pytest-benchmark and pyperf write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError
from heapwise.formats.bench_files import Named, read_benchmarks
from heapwise.model.bench import Benchmarks, Value

PYTEST: dict[str, Any] = {
    "machine_info": {
        "node": "vm", "machine": "x86_64", "system": "Linux", "python_version": "3.13.0",
        "python_implementation": "CPython", "cpu": {"brand_raw": "Fast  CPU", "count": 2},
    },
    "commit_info": {"id": "unversioned", "dirty": False},
    "benchmarks": [
        {
            "group": None, "name": "test_join[10-a b]",
            "fullname": "tests/test_x.py::test_join[10-a b]",
            "params": {"size": 10, "how": "a b"}, "param": "10-a b", "extra_info": {},
            "stats": {"median": 1.5e-6, "min": 1e-6, "rounds": 20, "iterations": 5, "data": [1.0]},
        },
        {
            "group": "plain", "name": "test_plain", "fullname": "tests/test_x.py::test_plain",
            "params": None, "stats": {"median": 2e-6},
        },
    ],
    "version": "5.3.1",
}  # fmt: skip

PYPERF: dict[str, Any] = {
    "version": "1.0",
    "metadata": {"python_version": "3.13.0", "python_implementation": "cpython", "loops": 8},
    "benchmarks": [
        {
            "metadata": {"name": "sum of range"},
            "runs": [
                {"metadata": {"calibrate_loops": 8}, "warmups": [[1, 9.0]]},
                {"values": [3e-6, 1e-6, 2e-6], "warmups": [[8, 9.0]]},
                {"values": [4e-6], "metadata": {"inner_loops": 10}},
            ],
        },
        {"metadata": {"name": "peak", "unit": "byte"}, "runs": [{"values": [1024]}]},
    ],
}


def read(document: object) -> Benchmarks:
    """What a file with that JSON holds."""
    return read_benchmarks([(Named("new", "new.json"), json.dumps(document).encode())])


def test_pytest_benchmark_gives_one_result_a_test() -> None:
    """The median of its rounds; parameters become parts of the name, so that -col finds them."""
    join, plain = read(PYTEST).results
    assert join.name == "test_join/size=10/how=a_b"
    assert join.values == (Value(1.5e-6, "sec/op"),)
    assert join.iterations == 100
    assert join.config == (
        ("python", "CPython 3.13.0"), ("os", "Linux"), ("arch", "x86_64"), ("cpu", "Fast CPU"),
        ("pkg", "tests/test_x.py"),
    )  # fmt: skip
    assert plain.name == "test_plain"
    assert plain.config[-1] == ("group", "plain")
    assert plain.source == "new"


def test_pyperf_gives_one_result_a_process() -> None:
    """The median of its values; the process that calibrates gives none."""
    first, second, peak = read(PYPERF).results
    assert [first.name, first.values, first.iterations] == [
        "sum_of_range", (Value(2e-6, "sec/op"),), 8,
    ]  # fmt: skip
    assert second.iterations == 80
    assert first.config == (("python", "cpython 3.13.0"),)
    assert peak.values == (Value(1024, "B/op"),)


def test_files_of_both_kinds_and_go_s_stand_in_one_table() -> None:
    """Each is told by what it holds."""
    files = [
        (Named("a", "a"), json.dumps(PYTEST).encode()),
        (Named("b", "b"), b"\n " + json.dumps(PYPERF).encode()),
        (Named("c", "c"), b"BenchmarkA 1 1 ns/op\n"),
    ]
    assert [result.source for result in read_benchmarks(files).results] == list("aabbbc")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({}, "missing required field `benchmarks`"),
        ({"version": "1.0", "benchmarks": [{"runs": [{"values": ["1"]}]}]}, "Expected `float`"),
        ({"machine_info": {}, "benchmarks": [{"name": "a"}]}, "missing required field `stats`"),
        ({"machine_info": {}, "benchmarks": 3}, "Expected `array`"),
    ],
)
def test_other_json_is_refused_with_the_place(document: object, why: str) -> None:
    """In one line that names the file and what is not there."""
    with pytest.raises(ProfileError) as error:
        read(document)
    assert "new is no file of py" in error.value.what
    assert why in error.value.why


def test_json_that_ends_early_is_refused() -> None:
    """As of a disk that filled up."""
    with pytest.raises(ProfileError, match="truncated"):
        read_benchmarks([(Named("a", "a"), json.dumps(PYTEST).encode()[:-9])])


def test_a_value_that_is_no_number_costs_only_itself() -> None:
    """JSON has no infinity, but the middle of two large numbers may be none."""
    text = json.dumps(PYPERF).replace("[4e-06]", "[1.7e308, 1.7e308]")
    found = read_benchmarks([(Named("a", "a"), text.encode())])
    assert len(found.results) == 2
    assert str(found.damaged[0]) == "a:1: sum_of_range: not a finite value"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
ANY_RUN = st.fixed_dictionaries(
    {}, optional={"values": st.lists(JSON, max_size=3), "metadata": JSON}
)
ANY_FILE = st.fixed_dictionaries(
    {"benchmarks": st.lists(
        st.fixed_dictionaries({"name": JSON, "stats": JSON, "runs": st.lists(ANY_RUN, max_size=3)}),
        max_size=3,
    )},
    optional={"version": JSON, "machine_info": JSON, "metadata": JSON},
)  # fmt: skip


@given(JSON | ANY_FILE)
def test_no_json_stops_the_reader(document: object) -> None:
    """Anything is read, or refused as one error."""
    try:
        found = read(document if isinstance(document, dict) else {"benchmarks": document})
    except ProfileError:
        return
    assert all(len(result.values) == 1 for result in found.results)
