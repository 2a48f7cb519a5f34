"""What of a trace is drawn: who ran on each processor, and the program's own tasks and regions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from heapwise.analysis.exectrace.pairs import Stretches
from heapwise.analysis.exectrace.summary import Taken
from heapwise.model.exectrace import GoState
from heapwise.model.profile import Int64s
from heapwise.model.trace import Slices, Track
from heapwise.units import NS_PER_S

PER_SECOND = 20_000
"""Slices of one track in a second of the trace; the longest are drawn."""

MOST = 1_000_000
"""Slices altogether, about 120 MB of JSON."""

_GAP_NS = 10_000
"""Runs of one goroutine with less between them are drawn as one: nobody sees the gap, and the
sweeper, which yields after every span, is most of a trace."""


class Tracks:
    """Chooses what to draw, generation by generation."""

    def __init__(self) -> None:
        self._room = MOST

    def draw(self, taken: Taken) -> Iterator[Slices]:
        """The slices of a generation, one object a track."""
        for slices in (_runs(taken), _regions(taken), _tasks(taken)):
            if len(slices.row):
                yield self._limited(slices)

    def _limited(self, slices: Slices) -> Slices:
        seconds = int(slices.end.max() - slices.start.min()) / NS_PER_S
        room = min(self._room, max(PER_SECOND // 10, int(seconds * PER_SECOND)))
        count = len(slices.row)
        self._room -= min(room, count)
        if count <= room:
            return slices
        by_length = np.argsort(slices.start - slices.end, kind="stable")
        return _chosen(slices, np.sort(by_length[:room]), count - room)


def _runs(taken: Taken) -> Slices:
    spells = taken.spells
    rows = np.flatnonzero((spells.state == GoState.RUNNING) & (spells.proc >= 0))
    rows = rows[np.lexsort((spells.start[rows], spells.proc[rows]))]
    proc, goroutine = spells.proc[rows], spells.goroutine[rows]
    start, end = spells.start[rows], spells.end[rows]
    goes_on = (np.diff(proc) == 0) & (np.diff(goroutine) == 0) & (start[1:] - end[:-1] < _GAP_NS)
    first = np.flatnonzero(np.append(np.ones(min(len(rows), 1), np.bool_), ~goes_on))
    last = np.append(first[1:], len(rows))[: len(first)] - 1
    return Slices(
        track=Track.PROCESSORS,
        row=proc[first],
        start=start[first],
        end=end[last],
        name=taken.functions.of(goroutine[first]),
        goroutine=goroutine[first],
        names=taken.names,
        left_out=0,
    )


def _regions(taken: Taken) -> Slices:
    return _marked(Track.REGIONS, taken.regions, taken.regions.key, taken.names)


def _tasks(taken: Taken) -> Slices:
    nobody = np.full(len(taken.tasks), -1)
    return _marked(Track.TASKS, taken.tasks, nobody, taken.names)


def _marked(track: Track, found: Stretches, goroutine: Int64s, names: list[str]) -> Slices:
    return Slices(
        track=track,
        row=found.key,
        start=found.start,
        end=found.end,
        name=found.tag,
        goroutine=goroutine,
        names=names,
        left_out=0,
    )


def _chosen(slices: Slices, rows: Int64s, left_out: int) -> Slices:
    return Slices(
        track=slices.track,
        row=slices.row[rows],
        start=slices.start[rows],
        end=slices.end[rows],
        name=slices.name[rows],
        goroutine=slices.goroutine[rows],
        names=slices.names,
        left_out=left_out,
    )
