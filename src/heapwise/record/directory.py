"""Claiming the directory that a recording is written to."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec

from heapwise.errors import UsageError
from heapwise.model.recording import Manifest
from heapwise.record.files import (
    BODIES,
    GCTRACE,
    LOCK,
    LOG,
    MANIFEST,
    PROFILES,
    RESERVE,
    SUMMARY,
    TRACE_FILE,
    TRACE_SUMMARY_FILE,
    read_file,
    take_lock,
)

MANIFEST_LIMIT = 64 << 20
"""Bytes; enough for some hundred thousand targets."""

_OURS = frozenset({MANIFEST, LOG, SUMMARY, PROFILES, BODIES, GCTRACE, LOCK, RESERVE})


def claim(path: Path, *, force: bool) -> int:
    """Make an empty directory that belongs to this process alone.

    Args:
        path: of the directory; its parent must exist.
        force: replace a recording that is there. Anything else is never touched.

    Returns:
        The descriptor that holds the lock, until it is closed.

    Raises:
        UsageError: something is there.
        RecordingError: another process is writing there.
        OSError: the directory cannot be made.
    """
    existed = False
    try:
        path.mkdir()
    except FileExistsError:
        existed = True
        _must_be_replaceable(path, force=force)
    except FileNotFoundError:
        if path.parent.is_dir():  # /proc and its like take no directories
            raise
        raise UsageError(
            f"cannot create {path}", "its directory does not exist", f"mkdir -p {path.parent}"
        ) from None
    lock = take_lock(path, "wait for it, or choose another -o")
    try:
        if existed:
            _clear(path)
        for folder in (PROFILES, BODIES):
            (path / folder).mkdir()
    except BaseException:
        abandon(path, lock)
        raise
    return lock


def abandon(path: Path, lock: int) -> None:
    """Remove what was claimed, so that the name is free for another try."""
    with suppress(OSError):
        _clear(path)
        (path / LOCK).unlink()
        path.rmdir()  # unless somebody else's files are in it
    os.close(lock)


def is_being_written(path: Path) -> bool:
    """True while a living process writes the recording."""
    try:
        lock = os.open(path / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(lock)
    return False


def decode_manifest(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ValueError: it is not one.
    """
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _must_be_replaceable(path: Path, *, force: bool) -> None:
    if not path.is_dir():
        raise UsageError(f"{path} exists and is not a recording", hint="choose another name")
    if not force:
        raise UsageError(f"{path} exists", hint="choose another name, or replace it with --force")
    if not _is_replaceable(path):
        raise UsageError(
            f"{path} is not a recording",
            "--force replaces recordings and nothing else",
            "choose another name",
        )


def _is_replaceable(path: Path) -> bool:
    """A directory with a manifest of ours, or with nothing but our files."""
    with suppress(OSError, ValueError):
        decode_manifest(read_file(path / MANIFEST, MANIFEST_LIMIT))
        return True
    return all(_is_ours(entry.name) for entry in path.iterdir())


def _is_ours(name: str) -> bool:
    return name in _OURS or bool(TRACE_FILE.fullmatch(name) or TRACE_SUMMARY_FILE.fullmatch(name))


def _clear(path: Path) -> None:
    """Remove a recording's files, and leave what somebody else put beside them."""
    names = {entry.name for entry in path.iterdir() if _is_ours(entry.name)}
    for name in names - {LOCK}:
        entry = path / name
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
