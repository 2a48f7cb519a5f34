"""Rows that wait on a worker until the driver has them: in a file, and given again if asked."""

from __future__ import annotations

import os
import tempfile

from heapwise.errors import HeapwiseError

PIECE = 4 << 20
"""Most bytes given at once: 47,000 hits."""


class Backlog:
    """Bytes in, and out in order; what arrived is let go once nothing else waits.

    So the file holds what the driver is behind, and not the whole run.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as this
        self._let_go = 0
        self._size = 0

    def add(self, data: bytes) -> None:
        """Keep bytes.

        Raises:
            HeapwiseError: there is no room for them.
        """
        left = memoryview(data)
        try:
            while left:
                written = os.pwrite(self._file.fileno(), left, self._size)
                self._size += written
                left = left[written:]
        except OSError as error:
            raise HeapwiseError(
                f"no room for the hits in {tempfile.gettempdir()} of a worker",
                error.strerror or str(error),
            ) from None

    def after(self, received: int) -> tuple[bytes, bool]:
        """Up to `PIECE` bytes after the first ``received`` ever added; whether there are more."""
        start = received - self._let_go
        if start == self._size:
            self._file.truncate(0)
            self._let_go, self._size = received, 0
            return b"", False
        data = os.pread(self._file.fileno(), PIECE, start)
        return data, start + len(data) < self._size

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
