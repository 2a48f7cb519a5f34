"""The files of a store: their names, who may read them, and what becomes of damaged ones."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from heapwise.errors import HeapwiseError, RecordingError
from heapwise.record.files import LOCK, PROFILE_KIND, write_atomically
from heapwise.units import NS_PER_S, format_size

DATABASE = "store.sqlite"
PROFILES = "profiles"
ARCHIVE = "archive"
DAMAGED = "damaged-"

_BESIDE = ("", "-wal", "-shm")
"""What SQLite keeps next to a database, and itself."""

_OURS = (DATABASE, PROFILES, ARCHIVE, LOCK)
_SUFFIXES = {"trace": ".out"}
_PPROF = ".pb.gz"
_PROFILE_FILE = re.compile(
    PROFILES + r"/\d{4}-\d\d-\d\d/\d{6,}-[a-z0-9][a-z0-9_-]{0,63}\.(pb\.gz|out)", re.ASCII
)


class StoreFull(HeapwiseError):  # noqa: N818 - a state of the disk, not a mistake
    """The disk does not take what a watcher wants to keep; it goes on without."""


def cannot_keep(directory: Path, why: str) -> StoreFull:
    """The error for a disk that takes nothing more."""
    with suppress(OSError):
        status = os.statvfs(directory)
        why += f" ({format_size(status.f_bavail * status.f_frsize)} free)"
    return StoreFull(
        f"cannot write the store {directory}",
        why,
        "make room there; until then the newest readings wait in memory, and older ones are "
        "dropped and counted",
    )


def prepare(directory: Path) -> None:
    """Make the directory of a store, or see that what is there is one.

    Raises:
        RecordingError: it is none, or cannot be made.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        strangers = [each.name for each in directory.iterdir() if not _is_ours(each.name)]
    except OSError as error:
        raise RecordingError(
            f"cannot keep a store in {directory}", error.strerror or str(error)
        ) from None
    if strangers and not (directory / DATABASE).exists():
        raise RecordingError(
            f"{directory} is not a store",
            f"it holds {min(strangers)}",
            "name a directory that is new, empty or a store",
        )


def _is_ours(name: str) -> bool:
    return name.startswith((*_OURS, DAMAGED))


def set_aside(directory: Path, now_ns: int) -> Path:
    """Move a database and its profiles away, so that a new one can begin.

    They belong together: without its rows nobody could tell what a profile is of.

    Returns:
        Where they are now.
    """
    aside = directory / f"{DAMAGED}{now_ns}"
    aside.mkdir(mode=0o700)
    for name in (*(DATABASE + suffix for suffix in _BESIDE), PROFILES):
        with suppress(FileNotFoundError):
            (directory / name).rename(aside / name)
    return aside


def create_private(path: Path) -> None:
    """Make an empty file that only its owner may read, unless it is there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(path, flags, 0o600))


def day_of(at_ns: int) -> str:
    """The day of a moment, UTC."""
    return f"{datetime.fromtimestamp(at_ns // NS_PER_S, UTC):%Y-%m-%d}"


def profile_name(number: int, kind: str, at_ns: int) -> str:
    """The file of a profile, relative to the store.

    Raises:
        ValueError: the kind is no name for a file.
    """
    if not PROFILE_KIND.fullmatch(kind):
        raise ValueError(f"not a kind of profile: {kind[:60]!r}")
    suffix = _SUFFIXES.get(kind, _PPROF)
    return f"{PROFILES}/{day_of(at_ns)}/{number:06d}-{kind}{suffix}"


def is_profile_name(name: str) -> bool:
    """Whether a file is one that `profile_name` names: a store may come from anybody."""
    return _PROFILE_FILE.fullmatch(name) is not None


def write_profile(directory: Path, name: str, data: bytes) -> None:
    """Write a profile so that it is whole or absent.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    path = directory / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.parent.chmod(0o700)  # `parents` ignores the mode
    write_atomically(path, data, durable=True)
    path.chmod(0o600)


def remove_profiles(directory: Path, names: Collection[str]) -> None:
    """Remove profiles, and the folders of days that have none left."""
    for name in names:
        with suppress(OSError):
            (directory / name).unlink(missing_ok=True)
    for day in {(directory / name).parent for name in names}:
        with suppress(OSError):
            day.rmdir()  # refuses where others are left


def remove_unknown(directory: Path, known: Collection[str]) -> None:
    """Remove profiles that no row tells of: a kill came between the two."""
    remove_profiles(directory, [name for name in _files(directory) if name not in known])


def _files(directory: Path) -> Iterator[str]:
    for path in (directory / PROFILES).glob("*/*"):
        yield path.relative_to(directory).as_posix()
