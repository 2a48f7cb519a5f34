"""Moments as Go writes them: RFC 3339 with up to nine decimals, ns since 1970 here."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from heapwise.units import NS_PER_S

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_OLDEST, _NEWEST = 0, 7_258_118_400 * NS_PER_S  # 1970 to 2200: differences fit 64 bits


def parse_timestamp(timestamp: str) -> int:
    """Read RFC 3339 with up to nine decimals, as Go writes it: ns since 1970.

    Raises:
        ValueError: it is none, or not from 1970 to 2200.
    """
    found = _RFC3339.fullmatch(timestamp)
    if found is None:
        raise ValueError(f"not a time: {timestamp[:60]!r}")
    fraction = (found[2] or "").ljust(9, "0")
    return check_age(_seconds(found[1] + found[3]) * NS_PER_S + int(fraction))


@lru_cache(maxsize=64)  # of the hits of a load thousands fall into one second
def _seconds(whole: str) -> int:
    return int(datetime.fromisoformat(whole).timestamp())


def check_age(wall_ns: int) -> int:
    """The same moment.

    Raises:
        ValueError: it is not from 1970 to 2200.
    """
    if not _OLDEST <= wall_ns <= _NEWEST:
        raise ValueError("not a time from 1970 to 2200")
    return wall_ns


def format_timestamp(wall_ns: int) -> str:
    """Print ns since 1970 in UTC, with all nine decimals."""
    seconds, fraction = divmod(wall_ns, NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
