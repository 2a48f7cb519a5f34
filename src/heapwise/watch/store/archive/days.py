"""Days that are over, sealed: the samples of their profiles as one Parquet file each.

Sorted by service, stack, instance and time, equal values lie next to each other, so that a row
takes a few bytes and a question about one service reads little of the file.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from heapwise.errors import RecordingError
from heapwise.record.files import sync_directory
from heapwise.units import NS_PER_S
from heapwise.watch.store.archive.fleet import (
    COLUMNS,
    TABLE,
    engine,
    errors,
    first_line,
    insert,
    quoted,
)
from heapwise.watch.store.archive.samples import Samples
from heapwise.watch.store.files import day_of
from heapwise.watch.store.reads import Reads

_DAY_NS = 24 * 3600 * NS_PER_S
_LATE_NS = 3600 * NS_PER_S
"""A profile bears the time at which it was asked for, and comes later."""

_FILE = re.compile(r"(\d{4}-\d\d-\d\d)\.parquet", re.ASCII)
_BEGUN = ".part"
_SPILL = "spill"


def sealed_days(archive: Path) -> dict[str, Path]:
    """The files of an archive by day, oldest first."""
    found = {}
    with suppress(OSError):
        for path in sorted(archive.iterdir()):
            if (name := _FILE.fullmatch(path.name)) and path.is_file():
                found[name[1]] = path
    return found


def seal_days(reads: Reads, archive: Path, now_ns: int) -> tuple[Path, ...]:
    """Seal every day that is over and is not sealed yet.

    A file is whole or absent; what a kill left half done is done again.

    Returns:
        The new files.

    Raises:
        RecordingError: the archive cannot be written.
        UsageError: DuckDB is not installed.
    """
    sealed = sealed_days(archive)
    days = {day_of(row.captured.at_ns) for row in reads.profile_rows()}
    over = day_of(now_ns - _LATE_NS)
    return tuple(
        _seal(reads, archive, day) for day in sorted(days) if day < over and day not in sealed
    )


def begin_of(day: str) -> int:
    """When a day began, UTC, unix ns."""
    return int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) * NS_PER_S


def _seal(reads: Reads, archive: Path, day: str) -> Path:
    begin_ns = begin_of(day)
    path, begun, spill = (
        archive / f"{day}.parquet", archive / f"{day}{_BEGUN}", archive / f"{day}.{_SPILL}",
    )  # fmt: skip
    try:
        archive.mkdir(mode=0o700, parents=True, exist_ok=True)
        with engine(temp_directory=str(spill)) as database:
            database.execute(TABLE)
            insert(database, Samples(reads, begin_ns, begin_ns + _DAY_NS))
            database.execute(
                f"COPY (SELECT {COLUMNS} FROM recent ORDER BY service, stack, instance, taken, "  # noqa: S608 - names are ours
                f"sample_type) TO {quoted(begun)} (FORMAT parquet, COMPRESSION zstd)"
            )
        begun.chmod(0o600)
        _sync(begun)
        begun.rename(path)
        sync_directory(archive)
    except (OSError, errors()) as error:
        raise RecordingError(f"cannot seal {path}", first_line(error)) from None
    finally:
        with suppress(OSError):
            begun.unlink()
        shutil.rmtree(spill, ignore_errors=True)
    return path


def files_between(archive: Path, begin_ns: int, end_ns: int) -> Sequence[Path]:
    """The files that hold what happened between two moments."""
    first, last = day_of(max(begin_ns, 0)), day_of(end_ns)
    return [path for day, path in sealed_days(archive).items() if first <= day <= last]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
