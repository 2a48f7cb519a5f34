"""Hits of a run that lasts: in a file, so that memory does not grow with them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

import numpy as np

from heapwise.errors import HeapwiseError
from heapwise.model.load import Hits
from heapwise.model.profile import Int64s

_PIECE = 1 << 16
"""Hits read at once: 5.5 MiB."""

_ROW = len(Hits.columns()) * np.dtype(np.int64).itemsize


def cut(hits: Hits) -> list[Hits]:
    """Hits as pieces that are views of them: what is made of a piece stays small."""
    return [hits.select(slice(first, first + _PIECE)) for first in range(0, len(hits), _PIECE)]


def runs_of(values: Int64s) -> Iterator[tuple[int, slice]]:
    """Each value of int64[n], in order, and where it stands."""
    distinct, firsts = np.unique(values, return_index=True)
    ends = np.append(firsts, len(values))[1:]
    for value, first, end in zip(distinct.tolist(), firsts.tolist(), ends.tolist(), strict=True):
        yield value, slice(first, end)


def gathered(parts: Iterable[Int64s]) -> Int64s:
    """Arrays as one, that never exists twice as it would with `numpy.concatenate`."""
    buffer = bytearray()
    for part in parts:
        buffer += part.tobytes()
    return np.frombuffer(buffer, np.int64)


class HitSpool:
    """Hits in a file without a name, 88 bytes each; a context manager.

    Iterating gives them in the order they came, piece by piece, as often as wanted. A file that
    is read, not mapped: mapped pages would count as this process's memory after all.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as this
        self._size = 0

    def add(self, hits: Hits) -> None:
        """Keep hits.

        Raises:
            HeapwiseError: there is no room for them.
        """
        data = memoryview(hits.rows().tobytes())
        try:
            while data:
                written = self._file.write(data)
                self._size += written
                data = data[written:]
        except OSError as error:
            raise HeapwiseError(
                f"no room for the hits in {tempfile.gettempdir()}",
                error.strerror or str(error),
                "set TMPDIR to a directory with more: a million hits take 88 MB",
            ) from None

    def __len__(self) -> int:
        return self._size // _ROW

    def __iter__(self) -> Iterator[Hits]:
        for start in range(0, len(self) * _ROW, _PIECE * _ROW):
            data = os.pread(
                self._file.fileno(), min(_PIECE * _ROW, len(self) * _ROW - start), start
            )
            yield Hits.from_rows(np.frombuffer(data, np.int64).reshape(-1, len(Hits.columns())))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
