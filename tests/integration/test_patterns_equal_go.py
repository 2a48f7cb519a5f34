"""Go's own regular expressions are the judge of what a user's pattern finds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.analysis.user_pattern import UserPattern
from heapwise.errors import UsageError
from support import goheap

pytestmark = pytest.mark.go

SOURCE = Path(__file__).parents[1] / "data" / "go" / "re2"
FULL = os.environ.get("HEAPWISE_FULL") == "1"

PIECES = [
    *"abZéß./-_ 0\n^$|()*+?{}[]\\", r"\n",
    "(?:", "(?i)", "(?i:", "(?s)", "(?m)", "(?-i)", "(?im-s:", "(?U)", "(?P<n>", "(?<n>", "(?=",
    "(?!", "(?#", "(?>", "{2}", "{,2}", "{1,}", "{2,1}", "{0}", "{1001}", "[ab]", "[^ab]",
    "[a-z]", "[]a]", "[^]a]", "[a-]", "[-a]", "[z-a]", "[[:alpha:]]", "[[:^digit:]_]", "[[:nope:]]",
    r"[\d-z]", r"[\w.]", r"[\S]", "[a&&b]", "[[]", "[a||b]", r"[a-\d]",
    r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\b", r"\B", r"\A", r"\z", r"\Z",
    r"\1", r"\01", r"\141", r"\x61", r"\x{e9}", r"\x{110000}",
    r"\Qa.b\E", r"\Q(", r"\E", r"\.", r"\_", r"\-", r"\é", r"\t", r"\v", r"\a", r"\p{L}", r"\C",
    r"\G", r"\h",
]  # fmt: skip
LONG_S, KELVIN = "\u017f", "\u212a"  # fold to s and k
TEXTS = [
    "", "a", "A", "ab", "aab", "b\n", "a\nb", "a\v", "é", "É", "ẞ", "0", "٣", "a.b", "a{,2}", "a/b",
    "-_Z", "main.(*T).f", "(", "[", "]", "\\E", "\t", " ", LONG_S, KELVIN,
]  # fmt: skip


@cache
def judge() -> Path:
    """The Go program, built once."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-re2-"))
    command = [goheap.go(), "build", "-o", folder / "re2", "."]
    subprocess.run(command, cwd=SOURCE, check=True, timeout=280)
    return folder / "re2"


def expected(patterns: list[str]) -> list[str]:
    """What Go says of each pattern and all texts."""
    lines = "".join(json.dumps([pattern, *TEXTS]) + "\n" for pattern in patterns)
    done = subprocess.run([judge()], input=lines, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def found(pattern: str) -> str:
    """What we say, in the same words."""
    try:
        read = UserPattern(pattern)
    except UsageError:
        return "error"
    return "".join(str(int(read.matches(text))) for text in TEXTS)


REFUSED = re.compile(r"\\p\{L\}|[*+?}]\(\?[imsU-]+\)+[*+?{]")
"""What Go reads and we do not: Unicode's tables, and repeating a repetition across flags."""


def assert_as_go(patterns: list[str]) -> None:
    """Each pattern finds the same, or is refused by both."""
    for pattern, go in zip(patterns, expected(patterns), strict=True):
        ours = found(pattern)
        if not (ours == "error" and REFUSED.search(pattern)):
            assert (pattern, ours) == (pattern, go)


def test_every_piece_of_syntax_means_what_it_means_to_go() -> None:
    """Alone, after a letter, and before a repetition."""
    assert_as_go(
        [text for piece in PIECES for text in (piece, f"a{piece}", f"{piece}*", f"b{piece}+?a")]
    )


@settings(max_examples=300 if FULL else 20, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), min_size=1, max_size=40)
)
def test_pieces_of_syntax_mean_together_what_they_mean_to_go(patterns: list[str]) -> None:
    """Whatever is typed, it finds what pprof would find or is refused as pprof would refuse it."""
    assert_as_go(patterns)


def test_unicodes_tables_are_refused_by_name() -> None:
    """Python has none; a guess would find something else than pprof."""
    with pytest.raises(UsageError, match=r"the escape \\p is not understood"):
        UserPattern("\\p{Greek}")
