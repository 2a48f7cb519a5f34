"""Subtracting profiles: by content, exactly, and nothing left of what cancels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.diff import subtract
from heapwise.analysis.frames import CallPaths
from heapwise.errors import ProfileError
from heapwise.model.profile import LOCATION, Profile
from support.profiles import Sample, profile

NAMES = ("main.a", "main.b (/x.go:3)", "main.c (/x.go:4) inlined into main.b (/x.go:9)", "0x401234")

samples = st.lists(
    st.builds(
        Sample,
        stack=st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(tuple),
        values=st.tuples(*[st.integers(0, 1 << 40)] * 4),
        labels=st.fixed_dictionaries(
            {}, optional={"bytes": st.integers(1, 99), "pod": st.sampled_from(["a", "b"])}
        ),
    ),
    max_size=8,
)


def heap_of(samples: list[Sample]) -> Profile:
    """A heap profile in which equal frames have equal addresses, as in one and the same process."""
    heap = profile(samples, sizes=False)
    symbolised = np.diff(heap.line_offsets) > 0
    heap.locations["address"][symbolised] = heap.mappings["start"][0]
    return heap


def content(heap: Profile) -> dict[tuple[object, ...], list[int]]:
    """A profile as a mapping from what a sample is to its values, summed."""
    paths = CallPaths(heap)
    found: dict[tuple[object, ...], list[int]] = {}
    for row, stack in enumerate(heap.stacks.tolist()):
        labels = heap.labels[heap.label_offsets[row] : heap.label_offsets[row + 1]]
        texts = sorted(
            (heap.strings.text(key), heap.strings.text(text), number)
            for key, text, number, _ in labels.tolist()
        )
        key = (paths.stack(stack), tuple(texts))
        old = found.setdefault(key, [0] * len(heap.sample_types))
        found[key] = [a + b for a, b in zip(old, heap.values[row].tolist(), strict=True)]
    return {key: values for key, values in found.items() if any(values)}


@given(before=samples, after=samples)
def test_a_difference_plus_the_earlier_profile_is_the_later_one(
    before: list[Sample], after: list[Sample]
) -> None:
    """For every kind of sample: after - before == the difference, whatever the tables' order."""
    old, new = heap_of(before), heap_of(after)
    expected = {key: list(values) for key, values in content(new).items()}
    for key, values in content(old).items():
        base = expected.setdefault(key, [0] * 4)
        expected[key] = [a - b for a, b in zip(base, values, strict=True)]
    difference = subtract(old, new)
    assert content(difference) == {key: values for key, values in expected.items() if any(values)}


@given(heap=samples)
def test_a_profile_minus_itself_is_empty(heap: list[Sample]) -> None:
    """No sample survives where nothing happened."""
    same = heap_of(heap)
    assert len(subtract(same, same)) == 0


@given(before=samples, after=samples)
def test_every_remaining_sample_is_unique_and_not_zero(
    before: list[Sample], after: list[Sample]
) -> None:
    """Equal stacks with equal labels are one sample, and none is all zero."""
    difference = subtract(heap_of(before), heap_of(after))
    assert difference.values.any(axis=1).all()
    assert len(content(difference)) == len(difference)


def test_tables_in_another_order_still_match() -> None:
    """Two readings number their functions as they come; content decides."""
    one, two = ("main.a (/a.go:1)", "main.m (/m.go:1)"), ("main.b (/b.go:1)", "main.m (/m.go:1)")
    before = heap_of([Sample(one, (1, 10)), Sample(two, (2, 20))])
    after = heap_of([Sample(two, (5, 50)), Sample(one, (1, 10))])
    assert before.strings[2] != after.strings[2]
    difference = subtract(before, after)
    assert [each.tolist() for each in difference.values] == [[3, 30, 0, 0]]


def test_a_moved_mapping_still_matches() -> None:
    """Addresses count from the start of their mapping: a reloaded program has another one."""
    heap = profile({("main.a (/a.go:1)",): (1, 10)})
    moved = profile({("main.a (/a.go:1)",): (4, 40)})
    for table, columns in ((moved.mappings, ("start", "limit")), (moved.locations, ("address",))):
        for column in columns:
            table[column] += 0x7000_0000
    assert subtract(heap, moved).values.tolist() == [[3, 30, 0, 0]]


def test_one_address_without_symbols_is_not_another() -> None:
    """Locations without lines are told apart by their address."""
    difference = subtract(profile({("0x401000",): (1, 8)}), profile({("0x401010",): (1, 8)}))
    assert sorted(difference.values[:, 0].tolist()) == [-1, 1]


def test_a_folded_location_is_not_a_plain_one() -> None:
    """The folded flag is part of what a location is, as in pprof."""
    heap, folded = (profile({("main.a (/a.go:1)",): (1, 10)}) for _ in range(2))
    folded.locations["folded"] = True
    assert heap.locations.dtype == LOCATION
    assert len(subtract(heap, folded)) == 2


def test_times_are_those_of_a_delta() -> None:
    """The difference ends when the later one was taken and spans what lies between."""
    difference = subtract(profile({}, time_ns=1_000), profile({}, time_ns=5_000, period=512))
    assert (difference.time_ns, difference.duration_ns, difference.period) == (
        5_000,
        4_000,
        524_288,
    )


def test_profiles_of_different_kinds_are_refused() -> None:
    """Heap minus CPU is an error in one sentence that names both kinds."""
    cpu = profile({("main.a",): (1, 2)}, sample_types=("samples/count", "cpu/nanoseconds"))
    with pytest.raises(ProfileError, match="cannot be subtracted") as refused:
        subtract(cpu, profile({("main.a",): (1, 2)}))
    assert "cpu/nanoseconds" in refused.value.why


def test_profiles_of_different_sampling_rates_are_refused() -> None:
    """Go scales everything since the start by the rate of the moment: no difference means much."""
    stack = ("main.a (/a.go:1)",)
    before, after = profile({stack: (2, 64)}), profile({stack: (3, 96)}, period=1)
    with pytest.raises(ProfileError, match="cannot be subtracted") as refused:
        subtract(before, after)
    assert refused.value.why == "the sampling rate changed from 524,288 to 1 between them"


def test_inuse_may_fall() -> None:
    """Memory that was freed shows as negative; that is what happened."""
    stack = ("main.a (/a.go:1)",)
    difference = subtract(profile({stack: (2, 64, 2, 64)}), profile({stack: (2, 64, 0, 0)}))
    assert np.array_equal(difference.values, [[0, 0, -2, -64]])
