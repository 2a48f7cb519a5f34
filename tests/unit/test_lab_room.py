"""What does not fit is said before anything starts, with the scale that does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from heapwise.errors import UsageError
from heapwise.lab import room
from heapwise.lab.spec import Expectation, JobLab
from support.labs import tally

LAB = tally().lab
assert isinstance(LAB, JobLab)


def hungry(*, memory: int = 0, limit: str = "", most: int = 0) -> JobLab:
    """The lab, whose first variant takes so much memory a unit."""
    assert isinstance(LAB, JobLab)
    before = replace(LAB.variants["before"], memory=memory, max_scale=most)
    return replace(
        LAB,
        job=replace(LAB.job, limit=limit),
        variants={"before": before, "after": replace(LAB.variants["after"], expect=Expectation())},
        steps=(),
    )


def test_what_fits_is_let_through() -> None:
    """On any machine that can run tests there is room for ten lines."""
    room.must_fit(hungry(memory=10), ("before", "after"), 10)


def test_memory_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variant that needs it is named; within a limit it is there to run into it."""
    monkeypatch.setattr(room, "free_memory", lambda: 1_000_000)
    with pytest.raises(UsageError, match=r"not enough memory for before.*--scale 900 fits"):
        room.must_fit(hungry(memory=1000), ("before",), 1001)
    room.must_fit(hungry(memory=1000), ("after",), 1001)
    room.must_fit(hungry(memory=1000, limit="1MiB"), ("before",), 1001)
    room.must_fit(hungry(memory=1000, most=500), ("before",), 1001)


def test_where_nobody_tells_how_much_there_is_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine without /proc/meminfo is not held to be small."""
    for text in (None, "", "MemAvailable:\n", "MemAvailable: much kB\n", "no colon\n"):
        path = tmp_path / "meminfo"
        if text is not None:
            path.write_text(text)
        monkeypatch.setattr(room, "_MEMINFO", path)
        assert room.free_memory() is None
        room.must_fit(hungry(memory=1 << 50), ("before",), 10)


def test_not_even_the_smallest_scale_may_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is none to suggest."""
    monkeypatch.setattr(room, "free_disk", lambda: 5)
    with pytest.raises(UsageError, match="not even the smallest scale fits"):
        room.must_fit(hungry(), ("before",), 1)


@given(free=st.integers(0, 1 << 44), each=st.integers(1, 1 << 20), asked=st.integers(1, 1 << 40))
def test_the_scale_that_is_suggested_fits(free: int, each: int, asked: int) -> None:
    """Whatever is free, the hint leads to a scale that is let through, and no tiny one."""
    try:
        room._fits("disk", each, asked, free)
    except UsageError as error:
        if "--scale" not in error.hint:
            assert each > free * 0.9
            return
        suggested = int(error.hint.split()[1])
        room._fits("disk", each, suggested, free)
        assert suggested < asked
        assert suggested * each >= free * 0.8 - each
