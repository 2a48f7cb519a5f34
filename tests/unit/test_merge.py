"""What several profiles come to, case by case; pprof judges the whole in tests/integration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heapwise.analysis.aggregate import base_samples
from heapwise.analysis.alike import divided
from heapwise.analysis.merge import against, merge
from heapwise.errors import ProfileError
from heapwise.model.profile import Profile
from support.profiles import Sample, profile

TYPES = ("samples/count", "cpu/nanoseconds")


def built(**stacks: int) -> Profile:
    """A profile of one-frame stacks, by function and bytes."""
    return profile({(name,): (1, value) for name, value in stacks.items()}, sizes=False)


def weights(made: Profile, sample_type: str = "alloc_space") -> dict[str, int]:
    """The value of each sample by the name of its leaf."""
    leaves = made.stack_locations[made.stack_offsets[made.stacks]]
    lines = made.lines["function"][made.line_offsets[leaves]]
    names = [made.function_name(function) for function in lines]
    return dict(zip(names, made.column(sample_type).tolist(), strict=True))


def test_equal_samples_add_up_and_others_follow() -> None:
    """Strings, functions and locations are matched by content."""
    merged = merge([built(a=8, b=4), built(a=1, b=1, c=2)])
    assert weights(merged) == {"a": 9, "b": 5, "c": 2}


def test_labels_keep_samples_apart() -> None:
    """Also by the unit of a number; their order says nothing."""
    one = profile([Sample(("f",), (1, 8), {"a": "x", "n": 1})], sizes=False)
    same = profile([Sample(("f",), (1, 8), {"n": 1, "a": "x"})], sizes=False)
    other = profile([Sample(("f",), (1, 8), {"a": "x", "n": 2})], sizes=False)
    assert len(merge([one, same])) == 1
    assert len(merge([one, other])) == 2


def test_a_mapping_that_moved_is_the_same() -> None:
    """Addresses count from where the program was loaded."""
    there = built(a=8)
    mappings, locations = there.mappings.copy(), there.locations.copy()
    mappings["start"] += 0x1000
    mappings["limit"] += 0x1000
    locations["address"] += 0x1000
    merged = merge([there, replace(there, mappings=mappings, locations=locations)])
    assert len(merged) == len(merged.mappings) == 1


def test_what_comes_to_nothing_is_gone_with_all_it_needed() -> None:
    """A profile minus itself is empty, and so are its tables."""
    nothing = against(built(a=8, b=4), built(a=8, b=4))
    assert (len(nothing), len(nothing.locations), len(nothing.functions)) == (0, 0, 0)


def test_a_base_can_be_kept_apart() -> None:
    """Its samples are labelled and negative."""
    made = against(built(a=8), built(a=10), marked=True)
    assert base_samples(made).tolist() == [False, True]
    assert made.column("alloc_space").tolist() == [10, -8]


def test_normalizing_scales_to_the_total_of_the_base() -> None:
    """Halves are rounded away from zero; the total of the difference is nothing."""
    made = against(built(a=6, b=4), built(a=1, b=3), normalize=True)
    assert weights(made) == {"a": 3 - 6, "b": 8 - 4}


def test_only_sample_types_that_all_have_are_added() -> None:
    """In the order of the first profile."""
    two = profile({("a",): (7, 70)}, sample_types=("alloc_space/bytes", "alloc_objects/count"),
                  sizes=False)  # fmt: skip
    merged = merge([built(a=8), two])
    assert [kind.type for kind in merged.sample_types] == ["alloc_objects", "alloc_space"]
    assert merged.values.tolist() == [[71, 15]]


def test_units_of_one_family_are_brought_to_the_finest() -> None:
    """Milliseconds and nanoseconds make nanoseconds."""
    fine = profile({("a",): (1, 5)}, sample_types=TYPES, period_type="cpu/nanoseconds", sizes=False)
    coarse = profile(
        {("a",): (1, 2)}, sample_types=("samples/count", "cpu/milliseconds"), period=3,
        period_type="cpu/milliseconds", sizes=False,
    )  # fmt: skip
    merged = merge([coarse, fine])
    assert merged.values.tolist() == [[2, 2_000_005]]
    assert str(merged.period_type) == "cpu/nanoseconds"
    assert merged.period == 3_000_000


def test_the_header_is_of_the_first_but_for_what_adds_up() -> None:
    """Earliest time, longest period, all durations, each comment once."""
    one = replace(built(a=1), time_ns=20, duration_ns=5, period=1, comments=("x", "y"))
    two = replace(built(a=1), time_ns=10, duration_ns=7, period=9, comments=("y", "z"), doc_url="u")
    merged = merge([one, two])
    assert (merged.time_ns, merged.duration_ns, merged.period) == (10, 12, 9)
    assert (merged.comments, merged.doc_url) == (("x", "y", "z"), "u")


def test_one_profile_alone_stays_as_it_is() -> None:
    """Nothing is renumbered."""
    alone = built(a=0)
    assert merge([alone]) is alone


@pytest.mark.parametrize(
    "other",
    [
        profile({("a",): (1, 1)}, sample_types=TYPES),
        profile({("a",): (1, 1)}, sample_types=("alloc_space/seconds",) * 2),
        profile({("a",): (1, 1)}, period_type="cpu/nanoseconds"),
    ],
)
def test_profiles_that_count_different_things_have_no_sum(other: Profile) -> None:
    """Other types, other units, other periods."""
    with pytest.raises(ProfileError, match=r"in common|do not count the same"):
        merge([built(a=1), other])


def test_sums_that_would_wrap_around_are_refused() -> None:
    """No program allocates that much."""
    with pytest.raises(ProfileError, match="2\\^62"):
        merge([built(a=1 << 61), built(a=1 << 61)])


def test_dividing_cuts_off_and_leaves_one_alone() -> None:
    """As pprof writes profiles; a divisor of nearly nothing is refused."""
    assert divided(built(a=-8), 3).column("alloc_space").tolist() == [-2]
    same = built(a=8)
    assert divided(same, 1.0) is same
    with pytest.raises(ProfileError, match="2\\^63"):
        divided(same, 1e-30)


def test_merging_leaves_its_inputs_alone() -> None:
    """Values and tables are copied."""
    one, two = built(a=8), built(a=4)
    merge([one, two])
    np.testing.assert_array_equal(one.values, built(a=8).values)
