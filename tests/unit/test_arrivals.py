"""Files of arrival times: what they say, and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.errors import ProfileError, UsageError
from heapwise.formats.arrivals import read_arrivals
from heapwise.formats.hits import write_hits
from heapwise.load.schedule import offsets, total
from heapwise.model.load import HitFlag, Hits, Target
from heapwise.model.schedules import Replay
from heapwise.units import NS_PER_S

MS = NS_PER_S // 1000


def read(text: str) -> Replay:
    """The arrivals in a text."""
    return read_arrivals(text.encode().splitlines(keepends=True), source="f")


@pytest.mark.parametrize(
    "text",
    [
        "0\n0.25\n0.5\n1.5",
        "# seconds since the epoch\n1717171717\n1717171717.25\n\n1717171717.5\n1717171718.5\n",
        "5ns\n250000005ns\n500000005ns\n1500000005ns\n",
        "3s\n3250ms\n3.5s\n4.5s\n",
        "2026-05-01T12:00:00Z\n2026-05-01T14:00:00.25+02:00\n"  # noqa: ISC004 - one text
        "2026-05-01T12:00:00.500000000Z\n2026-05-01T12:00:01.5Z\n",
    ],
)
def test_times_count_from_the_first(text: str) -> None:
    """Seconds, numbers with units and times of day say the same; the first is sent at once."""
    replay = read(text)
    assert offsets(replay).tolist() == [0, 250 * MS, 500 * MS, 1500 * MS]
    assert replay.duration_ns == 2000 * MS  # one mean gap longer
    assert total(replay) == 4


def test_hits_are_replayed_when_they_were_due() -> None:
    """In the order they were due, not that of the file; what warmed up is left out."""
    hits = Hits.from_rows(np.zeros((5, 11), np.int64))
    hits.intended[:] = [40 * MS, 0, 30 * MS, 10 * MS, 20 * MS]
    hits.ready[:] = hits.sent[:] = hits.first_byte[:] = hits.done[:] = hits.intended
    hits.flags[1] = HitFlag.WARMUP
    lines = write_hits(hits, (Target("GET", "http://a/"),), wall_zero_ns=10**18)
    replay = read_arrivals(lines.splitlines(), source="f")
    assert offsets(replay).tolist() == [0, 10 * MS, 20 * MS, 30 * MS]


def test_a_single_arrival_and_simultaneous_ones_are_sent() -> None:
    """However short the file, no arrival is cut off at its end."""
    assert total(read("7")) == 1
    assert offsets(read("7\n7\n7\n")).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "f has 0 arrivals: from 1"),
        ("# nothing\n\n", "f has 0 arrivals"),
        ("1\n2\nx\n", "f:3: not a time: 'x'; write seconds, 250ms or"),
        ("1\n-2\n", "f:2: not a time"),
        ("1\n2026-05-01T12:00:00Z\n", "f:2: not a time"),
        ("2026-05-01T12:00:00Z\n2026-13-01T12:00:00Z", "f:2: not a time"),
        ("99999999999h\n", "f:1: not a time"),
        ("1\n" + "2" * 65, "f:2: not a time"),
        ("\udc80\n", "f:1: not a time"),
        ("1\n3\n2\n", "f:3: '2' is earlier than the line before it; sort the file"),
        ("0\n100000000\n", "more than a year apart: numbers without a unit are seconds"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, words: str) -> None:
    """File and line, and what to write instead."""
    with pytest.raises(UsageError) as raised:
        read_arrivals(text.encode(errors="surrogateescape").splitlines(), source="f")
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_broken_hits_are_said_to_be_hits() -> None:
    """A file that begins like hits in JSON is judged as one."""
    with pytest.raises(ProfileError, match="f:1: not a hit"):
        read('{"timestamp": 5}\n')


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=50).map(sorted))
def test_nanoseconds_survive(times: list[int]) -> None:
    """Times are replayed to the nanosecond."""
    replay = read("".join(f"{time}ns\n" for time in times))
    assert offsets(replay).tolist() == [time - times[0] for time in times]
