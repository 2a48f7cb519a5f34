"""Messages from a log on disk: the stand-in for a broker, and the fastest source there is."""

from __future__ import annotations

import time
from pathlib import Path

from logs import LogReader
from sources import Batch, Books
from stops import Stop

_PAUSE_S = 0.01


class LogSource:
    """A log with one partition; what is committed is a number in a file.

    Args:
        rounds: read the log so many times, as if it were that long; 1 for one that grows.

    Raises:
        Stop: there is no log, or its offsets are not a number within it.
    """

    def __init__(self, directory: Path, topic: str, offsets: Path, rounds: int = 1) -> None:
        self._log = LogReader(directory, topic)
        self._offsets = offsets
        self._rounds = rounds
        try:
            self._next = self._read_offset()
        except Stop:
            self._log.close()
            raise

    def poll(self, most: int, seconds: float) -> Batch:
        """Poll; waits for a writer that is slower."""
        deadline = time.monotonic() + seconds
        while self._count - self._next < most and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)
        values: list[bytes] = []
        if self._next < self._count:  # the batch that ends a round is shorter
            values = self._log.read(self._next % self._log.count, most)
        first, self._next = self._next, self._next + len(values)
        return Batch(range(first, self._next), values)

    def commit(self) -> None:
        """Write the number to a file of another name first: a half-written one is never read.

        It outlives the program, not the machine: it would take an ``fsync`` for that.
        """
        draft = self._offsets.with_name(f"{self._offsets.name}.new")
        draft.write_text(str(self._next), "ascii")
        draft.replace(self._offsets)

    def books(self) -> Books:
        """The length of the log, and the number in the file."""
        return Books(self._count, self._read_offset())

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    @property
    def _count(self) -> int:
        return self._log.count * self._rounds

    def _read_offset(self) -> int:
        try:
            text = self._offsets.read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return 0
        if not (text.isdecimal() and len(text) < 20 and int(text) <= self._count):
            raise Stop(f"{self._offsets}: not the number of a message of its log: {text[:20]!r}")
        return int(text)
