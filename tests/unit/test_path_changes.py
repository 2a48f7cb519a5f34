"""Call paths over repeated profiles."""

from __future__ import annotations

import os

import numpy as np
import pytest

from heapwise.analysis.compare_profiles import NamedProfile, compare_profiles, runtime_of
from heapwise.analysis.compare_rounds import CompareOptions, compare_rounds
from heapwise.analysis.path_changes import (
    Costs,
    Path,
    owner_costs,
    path_changes,
    path_costs,
)
from heapwise.errors import UsageError
from heapwise.model.comparison import PathChange
from heapwise.model.finding import Interval
from heapwise.model.profile import Profile
from heapwise.model.tables import OwnerTable
from heapwise.model.work import PerWork, Work
from support.profiles import Sample, profile
from support.runs import owner, report
from support.stacks import SERVE

SERVED = tuple(frame.format(root="/usr/local/go/src/") for frame in SERVE)
APPEND = "strings.(*Builder).WriteString (/usr/local/go/src/strings/builder.go:107)"
COMPARISONS = 1_000 if os.environ.get("HEAPWISE_FULL") == "1" else 100


def handler(name: str) -> str:
    """A frame of the service."""
    return f"main.{name} (/srv/main.go:88)"


def heap(**sizes: int) -> Profile:
    """A heap profile in which each function makes the library allocate so many bytes."""
    return profile(
        [
            Sample((APPEND, handler(name), *SERVED), (size // 64, size), {"bytes": 64})
            for name, size in sizes.items()
        ]
    )


def compared(before: list[Costs], after: list[Costs]) -> dict[Path, PathChange]:
    """The paths of a comparison."""
    found = path_changes(before, after, rate=0.05, confidence=0.95)
    return {change.path: change for change in found}


def noisy(random: np.random.Generator, count: int, paths: int, **factors: float) -> list[Costs]:
    """Rounds of paths ``0``, ``1``, … each half as heavy as the one before, 5 % noise."""
    return [
        {
            (str(path),): 2.0**-path * factors.get(f"x{path}", 1.0) * random.normal(1, 0.05)
            for path in range(paths)
        }
        for _ in range(count)
    ]


def test_the_bytes_of_a_path_are_its_share_of_the_exact_total() -> None:
    """From the owner to the allocator, outermost first, without what serves the owner."""
    costs = PerWork(Work("req", 10), 1_000.0, 5.0, 0.0, 0.0)
    assert path_costs(heap(a=768_000, b=256_000), costs, "go") == {
        ("main.a", "strings.(*Builder).WriteString"): pytest.approx(750.0),
        ("main.b", "strings.(*Builder).WriteString"): pytest.approx(250.0),
    }


def test_without_counters_they_are_what_the_profile_has() -> None:
    """Bytes altogether."""
    (found,) = path_costs(heap(a=768_000), None, "go").values()
    assert found == pytest.approx(768_000)


def test_a_path_that_changed_is_found_among_those_that_did_not() -> None:
    """With its interval, and the rate of false ones held."""
    random = np.random.default_rng(1)
    found = compared(noisy(random, 6, 12), noisy(random, 6, 12, x3=0.5))
    assert [path for path, change in found.items() if change.changed] == [("3",)]
    change = found[("3",)]
    assert change.low <= change.after - change.before <= change.high < 0
    assert change.p < change.q <= 0.05
    assert next(iter(found)) == ("3",)  # the largest change comes first


def test_paths_that_came_or_went_cost_nothing_on_the_other_side() -> None:
    """A path is missing where it allocates nothing that was sampled."""
    found = compared([{("old",): 10.0}] * 6, [{("new",): 7.0}] * 6)
    assert {path: (change.before, change.after) for path, change in found.items()} == {
        ("old",): (10.0, 0.0), ("new",): (0.0, 7.0),
    }  # fmt: skip
    assert all(change.changed for change in found.values())


def test_closures_that_got_another_number_are_one_path() -> None:
    """Another closure written before them renames them and changes nothing."""
    before, after = [{("main.f.func1",): 5.0}] * 6, [{("main.f.func2",): 5.0}] * 6
    (change,) = compared(before, after).values()
    assert (change.before, change.after, change.changed) == (5.0, 5.0, False)


@pytest.mark.parametrize(("rounds", "most"), [(3, 0), (4, 1), (5, 6), (6, 23), (9, 50)])
def test_no_more_paths_are_compared_than_so_many_rounds_can_tell_apart(
    rounds: int, most: int
) -> None:
    """Each one more makes the correction stricter; the heaviest come first."""
    random = np.random.default_rng(2)
    found = compared(noisy(random, rounds, 60), noisy(random, rounds, 60))
    assert len(found) == most
    assert not most or ("0",) in found


def test_of_no_rounds_nothing_is_said() -> None:
    """A side whose rounds have no profiles."""
    assert path_changes([], [{("a",): 1.0}] * 6, rate=0.05, confidence=0.95) == ()


def test_unchanged_paths_are_seldom_said_to_have_changed() -> None:
    """Of comparisons without any change at most one in twenty names a path."""
    random = np.random.default_rng(3)
    false = sum(
        any(each.changed for each in compared(noisy(random, 6, 15), noisy(random, 6, 15)).values())
        for _ in range(COMPARISONS)
    )
    assert false / COMPARISONS <= 0.05 + 2 * (0.05 * 0.95 / COMPARISONS) ** 0.5


def test_reports_alone_are_compared_by_owner() -> None:
    """All that an owner makes others allocate, whatever its heaviest path was in a round."""
    tables = [
        OwnerTable(
            unit="req", dies_young=None, rest_bytes_share=0.0,
            rows=(owner("main.a", bytes_per_work=Interval(size, 0, 0)), owner("main.b")),
        )
        for size in (100.0, 5.0)
    ]  # fmt: skip
    assert owner_costs(report(owners=tables[0])) == {("main.a",): 100.0, ("main.b",): 1000.0}
    assert owner_costs(report()) == {}
    before, after = ([report(owners=table)] * 6 for table in tables)
    paths = {change.path: change for change in compare_rounds(before, after).paths}
    assert paths[("main.a",)].changed
    assert not paths[("main.b",)].changed
    assert compare_rounds(before, after, CompareOptions(paths=False)).paths == ()


def test_profiles_alone_are_compared_by_path() -> None:
    """Without metrics there are no rows; too few of them are refused with how many it takes."""
    before, after = (
        [NamedProfile("a.pb.gz", heap(a=size, b=900_000 + 64 * number)) for number in range(6)]
        for size in (640_000, 64_000)
    )
    found = compare_profiles(before, after, CompareOptions())
    assert (found.rows, found.rounds, found.work_unit) == ((), (6, 6), "")
    changed = [change.path[0] for change in found.paths if change.changed]
    assert changed == ["main.a"]
    with pytest.raises(UsageError, match="3 and 2 profiles are too few") as caught:
        compare_profiles(before[:2] + before[:1], after[:1] * 2, CompareOptions())
    assert "at least 6 of each" in caught.value.hint


def test_the_runtime_of_a_profile_shows_in_its_source_files() -> None:
    """Owners are found by it."""
    assert runtime_of(heap(a=64)) == "go"
    assert runtime_of(profile({("f (/srv/a.py:3)",): (1, 64)})) == "python"
    assert runtime_of(profile({("f",): (1, 64)})) == ""
