"""The files of a recording: their names, and how they are read and written.

::

    NAME.hw/
      manifest.json              what the run set out to do; first, never changed
      events.log                 samples, hits and events (`heapwise.formats.framelog`)
      summary.json               how it ended; last, its absence means interrupted
      profiles/0000-KIND.pb.gz   as received; `go tool pprof` opens them
      bodies/SHA256              request bodies, and response bodies kept for an oracle
      trace-0000.out             execution traces as received; `go tool trace` opens them
      trace-0000.json            what is in them, worked out once; made anew where it is missing
      gctrace.log                what the service printed, where heapwise started it
      stdout.log                 what a job printed, without what it wrote to standard error
      lock                       held by the writer

While it is written, a file without a name holds space for its end, should the disk fill up.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from heapwise.errors import RecordingError
from heapwise.units import format_size

MANIFEST = "manifest.json"
LOG = "events.log"
SUMMARY = "summary.json"
PROFILES = "profiles"
BODIES = "bodies"
GCTRACE = "gctrace.log"
STDOUT = "stdout.log"
LOCK = "lock"
RESERVE = "reserve"

PROFILE_KIND = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
PROFILE_FILE = re.compile(r"profiles/[0-9]{4,9}-[a-z0-9][a-z0-9_-]{0,63}\.pb\.gz", re.ASCII)
TRACE_FILE = re.compile(r"trace-[0-9]{4,9}\.out", re.ASCII)
TRACE_SUMMARY_FILE = re.compile(r"trace-[0-9]{4,9}\.json", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)

_TEMPORARY = ".tmp"


def body_file(sha256: str) -> str:
    """Where a body with this hash is kept, relative to the recording."""
    return f"{BODIES}/{sha256}"


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file that is no symbolic link, for reading.

    A recording may come from anybody, so its names may be links, pipes or devices.

    Raises:
        OSError: it is not there, or not such a file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path.name} is not a regular file")
    return os.fdopen(descriptor, "rb")


def read_file(path: Path, limit: int) -> bytes:
    """Read a regular file that is no symbolic link and has at most ``limit`` bytes.

    Raises:
        OSError: it is not there, not such a file, or too large.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > limit:
            raise OSError(f"{path.name} has more than {format_size(limit)}")
        return file.read(limit)


def write_atomically(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write a file that is either absent or whole, after a crash of ours too.

    With ``durable`` it also survives the machine's.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    temporary = path.with_name(path.name + _TEMPORARY)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.rename(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory survive the machine's crash."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def take_lock(directory: Path, hint: str) -> int:
    """Take the writer's lock of a directory.

    The file stays when what is beside it is replaced: it is the lock.

    Args:
        directory: holds the file `LOCK`, or will.
        hint: what to do where another process has it.

    Returns:
        The descriptor that holds the lock, until it is closed.

    Raises:
        RecordingError: another process writes there.
        OSError: there can be no such file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    lock = os.open(directory / LOCK, flags, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise RecordingError(
            f"{directory} is being written by another heapwise", hint=hint
        ) from None
    except OSError:
        os.close(lock)
        raise
    return lock


def cannot_write(path: Path, error: OSError) -> RecordingError:
    """The error for a recording that cannot be written any further."""
    why = error.strerror or str(error)
    with suppress(OSError):
        status = os.statvfs(path if path.exists() else path.parent)
        why += f" ({format_size(status.f_bavail * status.f_frsize)} free)"
    return RecordingError(
        f"cannot write the recording {path}",
        why,
        "make room there or choose another place with -o; what was recorded so far stays readable",
    )


def is_recording(path: Path) -> bool:
    """True for a directory that is named or filled like a recording."""
    return path.is_dir() and (path.suffix == ".hw" or (path / MANIFEST).exists())
