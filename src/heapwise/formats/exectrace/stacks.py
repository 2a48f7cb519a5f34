"""The stacks of a generation, as frames only where somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from heapwise.model.exectrace import TraceFrame


class Stacks(Mapping[int, tuple[TraceFrame, ...]]):
    """Frames by stack id, leaf first. There are many stacks, and few are asked for.

    Args:
        ids: int64[n], of which the first of equal ones counts.
        ends: int64[n], where in ``frames`` each stack ends and the next begins.
        frames: int64[m, 3], a function and a file as string ids, and a line.
        strings: by id; what is missing is empty.
    """

    def __init__(self, ids: bytes, ends: bytes, frames: bytes, strings: Mapping[int, str]) -> None:
        self._ends = np.frombuffer(ends, np.int64)
        self._frames = np.frombuffer(frames, np.int64).reshape(-1, 3)
        self._strings = strings
        named = np.frombuffer(ids, np.int64).tolist()
        self._places = dict(zip(reversed(named), reversed(range(len(named))), strict=True))

    def __getitem__(self, stack: int) -> tuple[TraceFrame, ...]:
        place = self._places[stack]
        begin = int(self._ends[place - 1]) if place else 0
        text = self._strings.get
        return tuple(
            TraceFrame(function=text(function, ""), file=text(file, ""), line=line)
            for function, file, line in self._frames[begin : self._ends[place]].tolist()
        )

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
