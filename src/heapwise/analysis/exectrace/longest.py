"""Stretches kept one by one, as far as memory allows."""

from __future__ import annotations

import numpy as np

from heapwise.model.profile import Int64s


class Longest:
    """Keeps all stretches up to ``limit``, then the longest of them.

    Args:
        columns: how many values each has besides start and end.
    """

    def __init__(self, limit: int, columns: int = 0) -> None:
        self._limit = limit
        self._rows = np.empty((2 + columns, 0), np.int64)
        self.seen = 0

    def add(self, start: Int64s, end: Int64s, *values: Int64s) -> None:
        """Take more stretches, int64[n] each."""
        self.seen += len(start)
        self._rows = np.hstack([self._rows, np.array([start, end, *values], np.int64)])
        if self._rows.shape[1] > 2 * self._limit:
            self._rows = self._kept()

    def rows(self) -> list[list[int]]:
        """What is kept, by start: start, end and the values of each."""
        kept = self._kept()
        rows: list[list[int]] = kept[:, np.argsort(kept[0], kind="stable")].T.tolist()
        return rows

    def _kept(self) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
        if self._rows.shape[1] <= self._limit:
            return self._rows
        by_length = np.argsort(self._rows[1] - self._rows[0], kind="stable")
        return self._rows[:, np.sort(by_length[-self._limit :])]
