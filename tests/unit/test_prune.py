"""Frames that the profile itself calls uninteresting."""

from __future__ import annotations

import pytest

from heapwise.analysis.prune import prune, simplified
from heapwise.errors import ProfileError
from heapwise.model.profile import Profile
from support.profiles import profile


def stacks(built: Profile) -> list[tuple[str, ...]]:
    """The frames of each sample, leaf first."""
    return [
        tuple(
            built.function_name(line["function"])
            for location in built.stack(stack)
            for line in built.location_lines(location)
        )
        for stack in built.stacks
    ]


@pytest.mark.parametrize(
    ("stack", "left"),
    [
        (("malloc", "f", "main"), ("f", "main")),
        (("helper", "malloc", "f", "main"), ("f", "main")),
        (("malloc", "f", "malloc", "main"), ("main",)),
        (("f", "main"), ("f", "main")),
        (("f", "malloc"), ("f", "malloc")),
        (("malloc", "f", "malloc"), ("f", "malloc")),
        (("malloc",), ("malloc",)),
        (("malloc inlined into f", "main"), ("f", "main")),
        (("x inlined into malloc inlined into f", "main"), ("f", "main")),
        (("malloc_kept", "main"), ("malloc_kept", "main")),
        ((), ()),
    ],
)
def test_a_dropped_frame_goes_with_all_it_called(
    stack: tuple[str, ...], left: tuple[str, ...]
) -> None:
    """From the first kept frame on, seen from the root, the first match and all below it go."""
    built = profile({stack: (1, 8)}, drop_frames="malloc.*", keep_frames=".*_kept")
    assert stacks(prune(built)) == [left]


def test_stacks_that_become_equal_share_their_id() -> None:
    """The profile stays deduplicated."""
    built = prune(profile({("malloc", "f"): (1, 8), ("calloc", "f"): (1, 4)},
                          drop_frames="malloc|calloc"))  # fmt: skip
    assert built.stacks.tolist() == [0, 0]


def test_a_profile_without_drop_frames_is_untouched() -> None:
    """Nothing is copied where there is nothing to do."""
    built = profile({("f",): (1, 8)}, keep_frames="f")
    assert prune(built) is built


@pytest.mark.parametrize(
    ("name", "simple"),
    [
        ("operator new(unsigned long)", "operator new"),
        ("(anonymous namespace)::f(int)", "(anonymous namespace)::f"),
        ("Less::operator()(int, int)", "Less::operator()"),
        ("runtime.mallocgc", "runtime.mallocgc"),
        (".f", "f"),
    ],
)
def test_patterns_see_names_without_arguments(name: str, simple: str) -> None:
    """The argument list is cut, brackets that belong to the name are not."""
    assert simplified(name) == simple


def test_a_pattern_that_cannot_be_used_is_a_profile_error() -> None:
    """The profile is at fault, and the error shows the pattern."""
    with pytest.raises(ProfileError, match=r"frame pattern '\(f': a bracket is not closed"):
        prune(profile({("f",): (1, 8)}, drop_frames="(f"))
