"""Beginnings and ends made stretches, also across the border of two generations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heapwise.model.profile import Int64s

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]

_MOST_OPEN = 1_000_000
"""Beginnings that wait for their ends; a program that ends none of its tasks must not fill us."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Stretches of time, int64[n] each.

    Attributes:
        key: who.
        start: ns.
        end: ns.
        tag: what the beginning said.
        ended_by: rows of the ends among the marks just taken.
    """

    key: Int64s
    start: Int64s
    end: Int64s
    tag: Int64s
    ended_by: Int64s

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Beginnings and ends in order of time; `begins` is bool[n], all others int64[n]."""

    key: Int64s
    time: Int64s
    begins: Mask
    tag: Int64s


_NOTHING = np.empty(0, np.int64)


class Pairing:
    """Finds the end of every beginning; a beginning without one waits for the next generation.

    Args:
        nested: stretches of one key may lie in each other, as regions do. Otherwise the last
            beginning counts, and one whose end was lost harms no other.
    """

    def __init__(self, *, nested: bool = False) -> None:
        self._nested = nested
        self._open = Marks(_NOTHING, _NOTHING, np.empty(0, np.bool_), _NOTHING)

    def is_open(self, key: Int64s) -> Mask:
        """Which keys have begun and not ended, as far as the marks taken tell."""
        return np.isin(key, self._open.key)

    def take(self, marks: Marks) -> Stretches:
        """The stretches that end in ``marks``."""
        carried = len(self._open.key)
        key = np.concatenate([self._open.key, marks.key])
        time = np.concatenate([self._open.time, marks.time])
        begins = np.concatenate([self._open.begins, marks.begins])
        tag = np.concatenate([self._open.tag, marks.tag])
        level = _levels(key, begins) if self._nested else np.zeros(len(key), np.int64)
        order = np.lexsort((level, key))
        follows = (np.diff(key[order]) == 0) & (np.diff(level[order]) == 0)
        opening = begins[order]
        matched = np.flatnonzero(follows & opening[:-1] & ~opening[1:])
        last = np.append(~follows, np.ones(min(len(key), 1), np.bool_))
        left = np.sort(order[last & opening])[-_MOST_OPEN:]
        self._open = Marks(key[left], time[left], begins[left], tag[left])
        first, second = order[matched], order[matched + 1]
        by_end = np.argsort(second)
        first, second = first[by_end], second[by_end]
        return Stretches(key[first], time[first], time[second], tag[first], second - carried)


def _levels(key: Int64s, begins: Mask) -> Int64s:
    """How deep each mark lies among those of its key; a beginning and its end lie equally deep."""
    order = np.argsort(key, kind="stable")
    opening = begins[order]
    depth = np.cumsum(np.where(opening, 1, -1))
    level = np.empty(len(key), np.int64)
    level[order] = np.where(opening, depth, depth + 1)
    return level
