"""Files below the source directory, read and written without ever following a link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from heapwise.errors import HeapwiseError

_MAX_FILE = 16 << 20
_TEMPORARY = ".heapwise-fix"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class UnpatchableError(HeapwiseError):
    """A finding has no patch, or its patch must not be written: ``what`` says why."""


def read(root: Path, path: str) -> bytes:
    """The bytes of a file.

    Args:
        root: the source directory, resolved.
        path: of the file, relative to it.

    Raises:
        UnpatchableError: it is a link or lies behind one, is no regular file, or cannot be read.
    """
    with _folder(root, path) as folder, _reasons(path):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(PurePosixPath(path).name, flags, dir_fd=folder), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_FILE:
                raise UnpatchableError(f"{path} is no source file")
            return file.read(_MAX_FILE)


def must_be_writable(root: Path, path: str) -> None:
    """Refuse a file that its owner wants to stay as it is.

    Raises:
        UnpatchableError: nobody may write it, or put another in its place, or it is no file of this
            directory.
    """
    with _folder(root, path) as folder, _reasons(path):
        name = PurePosixPath(path).name
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            raise UnpatchableError(f"{path} is a link, and links are not followed")
        if not status.st_mode & 0o222 or not os.access(name, os.W_OK, dir_fd=folder):
            raise UnpatchableError(f"{path} is read-only")
        if not os.fstat(folder).st_mode & 0o222 or not os.access(".", os.W_OK, dir_fd=folder):
            raise UnpatchableError(f"{path} lies in a folder that is read-only")


def write(root: Path, path: str, data: bytes) -> None:
    """Put other bytes in a file's place at once, with the mode that it had.

    Raises:
        UnpatchableError: it cannot be written; it is as it was.
    """
    must_be_writable(root, path)
    name = PurePosixPath(path).name
    temporary = name + _TEMPORARY
    with _folder(root, path) as folder, _reasons(path):
        mode = stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with suppress(FileNotFoundError):  # of a fix that was killed
            os.unlink(temporary, dir_fd=folder)
        descriptor = os.open(temporary, flags, 0o600, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), mode)
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise


@contextmanager
def _folder(root: Path, path: str) -> Iterator[int]:
    """The folder of a file, opened step by step, so that no step can lead elsewhere."""
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
        raise UnpatchableError(f"{path} is not below the source directory")
    with _reasons(path):
        folder = os.open(root, _FOLDER)
        try:
            for part in parts[:-1]:
                below = os.open(part, _FOLDER, dir_fd=folder)
                os.close(folder)
                folder = below
            yield folder
        finally:
            os.close(folder)


@contextmanager
def _reasons(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            why = "a link, and links are not followed"
        raise UnpatchableError(f"{path}: {why}") from None
