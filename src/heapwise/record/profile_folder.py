"""A folder of profiles, as a cron job or a continuous profiler leaves behind, and a span of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from heapwise.errors import ProfileError, UsageError
from heapwise.model.profile import Profile
from heapwise.units import parse_duration

SUFFIXES = (".pb.gz", ".pb", ".pprof", ".prof", ".txt")
"""Files that are taken for profiles."""

MOST_FILES = 100_000

_AGO = re.compile(r"[\d.]+[a-zµ]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """Which profiles of a folder count, by the time they were taken.

    Attributes:
        since: RFC 3339, or how long before the newest profile, as ``1h``; empty for the oldest.
        until: the same; empty for the newest.
    """

    since: str = ""
    until: str = ""

    def __post_init__(self) -> None:
        for text in filter(None, (self.since, self.until)):
            _moment(text, newest=0)

    def __bool__(self) -> bool:
        return bool(self.since or self.until)

    def select(self, profiles: Sequence[Profile]) -> list[Profile]:
        """The profiles within the span, both ends included."""
        newest = max((profile.time_ns for profile in profiles), default=0)
        first = _moment(self.since, newest) if self.since else 0
        last = _moment(self.until, newest) if self.until else newest
        return [profile for profile in profiles if first <= profile.time_ns <= last]


def profile_files(folder: Path) -> Iterator[Path]:
    """The profiles of a folder, not of those below it, by name.

    Raises:
        ProfileError: the folder holds none, cannot be read, or holds too many.
    """
    try:
        names = sorted(
            entry.name
            for entry in folder.iterdir()
            if entry.name.endswith(SUFFIXES) and entry.is_file()  # a pipe would never end
        )
    except OSError as error:
        raise ProfileError(f"cannot read {folder}", error.strerror or "") from None
    if not names:
        raise ProfileError(
            f"cannot read {folder}",
            "it is no recording, and holds no profiles",
            f"profiles end in {', '.join(SUFFIXES)}",
        )
    if len(names) > MOST_FILES:
        raise ProfileError(f"cannot read {folder}", f"it holds more than {MOST_FILES:,} profiles")
    return (folder / name for name in names)


def _moment(text: str, newest: int) -> int:
    """Unix time in ns."""
    if _AGO.match(text):
        return newest - parse_duration(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"not a time: {text!r}",
            hint="write it as 2026-11-21T08:00:00Z, or as 1h, counted back from the newest profile",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
