"""A log of messages in two files, as a broker keeps one: the messages, and where each ends.

``TOPIC.log`` holds the messages one behind the other, ``TOPIC.index`` the end of each in it as
eight bytes, little-endian. A message is there once its entry of the index is: whoever dies between
the two files leaves bytes that the next writer writes over.
"""

from __future__ import annotations

import mmap
import os
import sys
from array import array
from collections.abc import Iterable
from contextlib import ExitStack, closing
from itertools import accumulate, pairwise
from pathlib import Path

from stops import Stop

_ENTRY = 8


class LogWriter:
    """Appends to a log. One writer at a time."""

    def __init__(self, directory: Path, topic: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._log = (directory / f"{topic}.log").open("ab")
        self._index = (directory / f"{topic}.index").open("ab")
        known = os.fstat(self._index.fileno()).st_size // _ENTRY
        self._index.truncate(known * _ENTRY)
        self._end = 0
        if known:
            with closing(LogReader(directory, topic)) as reader:
                self._end = reader.size
        self._log.truncate(self._end)

    def append(self, values: Iterable[bytes]) -> None:
        """Append messages; they are there when this returns."""
        values = list(values)
        ends = array("Q", accumulate(map(len, values), initial=self._end))
        self._log.write(b"".join(values))
        self._log.flush()
        self._index.write(_little(ends[1:]).tobytes())
        self._index.flush()
        self._end = ends[-1]

    def close(self) -> None:
        """Close both files."""
        self._log.close()
        self._index.close()


class LogReader:
    """Reads a log that may grow meanwhile.

    Raises:
        Stop: there is none, or it is damaged.
    """

    def __init__(self, directory: Path, topic: str) -> None:
        self._path = directory / f"{topic}.log"
        with ExitStack() as opened:
            try:
                self._log = opened.enter_context(self._path.open("rb"))
                self._index = opened.enter_context(self._path.with_suffix(".index").open("rb"))
            except OSError as error:
                raise Stop(f"{self._path}: {error.strerror}") from None
            self._files = opened.pop_all()
        self._map: mmap.mmap | bytes = b""

    @property
    def count(self) -> int:
        """Messages in it now."""
        return os.fstat(self._index.fileno()).st_size // _ENTRY

    @property
    def size(self) -> int:
        """Bytes of all messages in it now."""
        return self._ends(self.count - 1, self.count)[-1] if self.count else 0

    def read(self, first: int, most: int) -> list[bytes]:
        """Messages from number ``first`` on, as many as there are, at most ``most``.

        Raises:
            Stop: the index points past the messages.
        """
        last = min(first + most, self.count)
        if last <= first:
            return []
        ends = self._ends(first - 1, last)
        if ends[-1] > len(self._map):
            self._map_again(ends[-1])
        held = self._map
        return [held[start:end] for start, end in pairwise(ends)]

    def close(self) -> None:
        """Close both files."""
        self._files.close()

    def _ends(self, before: int, last: int) -> array[int]:
        """Where the messages ``before`` to ``last`` end; that before the first ends at 0."""
        at = max(before, 0) * _ENTRY
        data = os.pread(self._index.fileno(), last * _ENTRY - at, at)
        ends = array("Q", [0] if before < 0 else [])
        ends.frombytes(data)
        return _little(ends)

    def _map_again(self, needed: int) -> None:
        size = os.fstat(self._log.fileno()).st_size
        if size < needed:
            raise Stop(f"{self._path}: ends at {size}, its index says {needed}")
        self._map = mmap.mmap(self._log.fileno(), size, access=mmap.ACCESS_READ)


def _little(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
