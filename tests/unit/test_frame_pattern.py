"""Regular expressions from outside: the same answers as Python's, but never in exponential time."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.analysis.frame_pattern import FramePattern
from heapwise.errors import ProfileError

ATOMS = st.sampled_from(["a", "b", ".", r"\.", "[ab]", "[^a]", "[a-c]", r"\w", r"[\d_]", "x"])


def wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Sequences, alternatives, groups and repetitions of patterns."""
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("|".join).map("({})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?"])).map(lambda p: f"(?:{p[0]}){p[1]}"),
    )


@given(st.recursive(ATOMS, wrapped, max_leaves=8), st.text("abcx._1", max_size=6))
def test_it_matches_what_pythons_engine_matches(pattern: str, name: str) -> None:
    """On patterns and names small enough for a backtracking engine the two agree."""
    assert FramePattern(pattern).matches(name) == bool(re.fullmatch(pattern, name, re.ASCII))


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        (r"malloc|calloc|operator new(\[\])?", "operator new[]", True),
        (r"^(__)?posix_memalign$", "posix_memalign", True),
        (r"runtime\..*", "runtime.mallocgc", True),
        (r"runtime\..*", "runtimeXmallocgc", False),
        ("", "", True),
        ("", "x", False),
        ("a|", "", True),
        ("[]a]", "]", True),
        ("[^]]", "]", False),
        ("[a-]", "-", True),
        ("ä.", "äß", True),
        (".", "\n", False),
    ],
)
def test_frame_patterns_as_profiles_hold_them(pattern: str, name: str, *, matches: bool) -> None:
    """The whole name must match."""
    assert FramePattern(pattern).matches(name) is matches


@pytest.mark.parametrize(
    "pattern",
    ["(", "a)", "*a", "a**", "a{2}", "[a", "(?i)a", "(?P<n>a)", r"\pL", r"\b", "\\", "[[:alpha:]]",
     "(" * 51, "a" * 8193],
)  # fmt: skip
def test_what_is_not_understood_is_a_profile_error(pattern: str) -> None:
    """A guess would drop the wrong frames."""
    with pytest.raises(ProfileError, match="cannot use the profile's frame pattern"):
        FramePattern(pattern)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a?){}" + "a?" * 200, "(.*)*(.*)*x"])
def test_patterns_that_keep_backtracking_engines_busy_for_years_do_not(pattern: str) -> None:
    """The time grows with pattern times name, and there is an end to it."""
    start = time.process_time()
    try:
        assert not FramePattern(pattern.replace("{}", "")).matches("a" * 2000 + "!")
    finally:
        assert time.process_time() - start < 20


def test_matching_has_an_end() -> None:
    """All matches of one pattern together take so many steps and no more."""
    pattern = FramePattern("(a|b|.)*" * 500)
    with pytest.raises(ProfileError, match="takes too long to match"):
        pattern.matches("a" * 100_000)
