"""When requests arrived: a file of times to replay, one a line.

A line holds a time of day in RFC 3339 (``2026-05-01T12:00:00.25Z``), or an offset: seconds
(``0.25``) or a number with its unit (``250ms``, ``250000000ns``). All lines are of one kind, in
order. Hits in JSON, ours or vegeta's, need no order: the times they were due at are replayed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain, islice

import numpy as np

from heapwise.errors import UsageError
from heapwise.formats.hits import read_hits
from heapwise.formats.rates import MAX_TIME_NS
from heapwise.formats.timestamps import parse_timestamp
from heapwise.model.load import HitFlag, Hits
from heapwise.model.profile import Int64s
from heapwise.model.schedules import Replay
from heapwise.units import NS_PER_S, parse_duration

MAX_ARRIVALS = 10_000_000
"""More than an hour at 2500 a second; a recording keeps them all."""

MAX_LINE = 64
"""Bytes; no time is longer."""

_SECONDS = re.compile(r"\d{1,12}(\.\d{0,9})?", re.ASCII)
_FORMS = "write seconds, 250ms or 2026-05-01T12:00:00Z"


def read_arrivals(lines: Iterable[bytes], *, source: str) -> Replay:
    """Read a file of times.

    Args:
        lines: with or without their newlines; empty ones and those with a ``#`` in front are
            skipped.
        source: where they come from, for messages.

    Returns:
        the arrivals, the first at once; it lasts one mean gap longer than they do.

    Raises:
        UsageError: a line is no time, or earlier than the one before it; with source and line.
        ProfileError: hits in JSON are malformed.
    """
    lines, opening = iter(lines), []
    for line in lines:
        opening.append(line)
        if line.strip():
            break
    lines = chain(opening, lines)
    if opening and opening[-1].lstrip().startswith(b"{"):
        hits, _ = read_hits(lines, source=source)
        return replay_of(hits, source=source)
    times = islice(_times(lines, source), MAX_ARRIVALS + 1)
    return _replay(np.array(list(times), np.int64), source)


def replay_of(hits: Hits, *, source: str) -> Replay:
    """The times hits were due at, warm-up left out, as a schedule.

    Raises:
        UsageError: there are none, or too many.
    """
    counted = hits.select((hits.flags & HitFlag.WARMUP) == 0)
    return _replay(np.sort(counted.intended), source)


def _replay(times: Int64s, source: str) -> Replay:
    if not 0 < len(times) <= MAX_ARRIVALS:
        raise UsageError(
            f"{source} has {len(times):,} arrivals", f"from 1 to {MAX_ARRIVALS:,} can be replayed"
        )
    span = int(times[-1] - times[0])
    if span > MAX_TIME_NS:
        raise UsageError(
            f"{source}: the arrivals are more than a year apart",
            "numbers without a unit are seconds",
            "write nanoseconds as 250000000ns",
        )
    gaps = len(times) - 1
    length = span * len(times) // gaps if gaps else 0
    return Replay.of(times - times[0], max(length, span + 1))


def _times(lines: Iterable[bytes], source: str) -> Iterator[int]:
    """Times in ns, in order and of one kind."""
    read: Callable[[str], int] | None = None
    before = 0
    for number, line in enumerate(lines, 1):
        text = line[: MAX_LINE + 1].decode("ascii", "replace").strip()
        if not text or text.startswith("#"):
            continue
        if read is None:
            read = parse_timestamp if "T" in text else _offset
        time = _time(text, read)
        if time is None:
            raise UsageError(f"{source}:{number}: not a time: {text[:40]!r}", hint=_FORMS)
        if time < before:
            raise UsageError(
                f"{source}:{number}: {text!r} is earlier than the line before it",
                hint="sort the file",
            )
        before = time
        yield time


def _time(text: str, read: Callable[[str], int]) -> int | None:
    """The time in ns; None where the text is none, or no time of this kind."""
    try:
        time = read(text) if len(text) <= MAX_LINE else -1
    except (ValueError, UsageError):
        return None
    return time if 0 <= time < 1 << 63 else None


def _offset(text: str) -> int:
    if _SECONDS.fullmatch(text):
        return int(Fraction(text.rstrip(".")) * NS_PER_S)
    return parse_duration(text)
