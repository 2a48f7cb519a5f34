"""The disk space of a recording: a reserve for its end, and what happened when it ran out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from heapwise.errors import RecordingError
from heapwise.record.files import RESERVE, cannot_write

RESERVED = 16 << 20


class Room:
    """Where a recording is written.

    After a write has failed `check` raises, so that the run ends; `release` then makes room for
    its last words.

    Attributes:
        failure: why nothing more is written, None while all is well.
        reported: somebody was told.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: RecordingError | None = None
        self.reported = False
        self._reserve = -1

    def reserve(self) -> None:
        """Set space aside, at most a quarter of what is free; do without where it cannot be.

        The file has no name, so that its space comes back when we are killed.
        """
        name = self.path / RESERVE
        with suppress(OSError):  # some file systems cannot
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._reserve = os.open(name, flags, 0o600)
            name.unlink()
            size = min(RESERVED, shutil.disk_usage(self.path).free // 4)
            os.posix_fallocate(self._reserve, 0, max(size, 1))

    def release(self) -> None:
        """Give back the space that was set aside."""
        descriptor, self._reserve = self._reserve, -1
        if descriptor >= 0:
            os.close(descriptor)

    def attempt(self, write: Callable[[], None]) -> None:
        """Write, and remember where that fails.

        Raises:
            OSError: it failed.
        """
        try:
            write()
        except OSError as error:
            self.fail(cannot_write(self.path, error))
            raise

    def fail(self, error: RecordingError) -> None:
        """Remember the first failure."""
        self.failure = self.failure or error

    def check(self) -> None:
        """Refuse to go on after a failure.

        Raises:
            RecordingError: writing failed earlier.
        """
        if self.failure is not None:
            self.reported = True
            raise RecordingError(*self.failure.args)
