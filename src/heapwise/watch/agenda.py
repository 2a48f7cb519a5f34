"""Who is to be scraped next.

Every target has a moment of its own in the interval, drawn from its name, so that a thousand
targets are a thousand small tasks and not one large one, the same after a restart. A target that
forgets its pauses before the interval is over is asked sooner; one that fails, or that answers at
great cost, less often.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

_SOONEST = 15
"""A target is asked at most so many times an interval."""

_LONGEST_BACKOFF = 4
"""A target that fails is asked at least once in so many intervals."""

_LONGEST_REST = 8
"""Whatever an answer costs a target, it is asked once in so many intervals."""

_JITTER = 0.1
"""Share of a backoff by which targets that failed together are set apart."""

_FRACTIONS = 1 << 64


class Pace(NamedTuple):
    """How soon, and how late, a target wants to be asked again, ns.

    Attributes:
        within_ns: after so long something is forgotten that was not read; None if nothing is.
        rest_ns: for so long it has to be left alone, since an answer costs it much.
    """

    within_ns: int | None = None
    rest_ns: int = 0


NO_HURRY = Pace()
"""Whenever it is its turn."""


class Agenda:
    """When each target is due. Times are unix ns of the watcher's clock.

    A target is on its way from `due` until `done` tells that it is back, and is not due meanwhile,
    not even if it leaves and comes again. Moments that went by are left out, not made up for.

    Args:
        interval_ns: between two scrapes of one target, where nothing else is said.
    """

    def __init__(self, interval_ns: int) -> None:
        if interval_ns <= 0:
            raise ValueError("an interval takes time")
        self._interval_ns = interval_ns
        self._entries: dict[str, _Entry] = {}
        self._queue: list[tuple[int, str]] = []
        self._away: set[str] = set()
        self.dropped = 0
        """Moments that went by while their target was still on its way."""

    def __len__(self) -> int:
        return len(self._entries)

    def watch(self, targets: Iterable[tuple[str, int | None]], now_ns: int) -> None:
        """Set who is watched: those who are stay as they are, the others come or go.

        Args:
            targets: keys, each with an interval of its own, ns, or None.
            now_ns: now; whoever is new is first due within one interval.
        """
        wanted = dict(targets)
        for key in self._entries.keys() - wanted.keys():
            del self._entries[key]
        for key, interval_ns in wanted.items():
            length_ns = max(1, interval_ns or self._interval_ns)
            entry = self._entries.get(key)
            if entry is not None and entry.interval_ns == length_ns:
                continue
            self._entries[key] = _Entry(key, length_ns, now_ns)
            if key not in self._away:
                self._put(self._entries[key])

    def next_ns(self) -> int | None:
        """When the next target is due; None where none is waiting."""
        self._skip_stale()
        return self._queue[0][0] if self._queue else None

    def due(self, now_ns: int, most: int) -> list[str]:
        """Targets whose moment has come, the longest waiting first; they are on their way now.

        Args:
            now_ns: now.
            most: so many at once.
        """
        found: list[str] = []
        while len(found) < most:
            self._skip_stale()
            if not self._queue or self._queue[0][0] > now_ns:
                break
            _, key = heapq.heappop(self._queue)
            self._away.add(key)
            found.append(key)
        return found

    def done(self, key: str, now_ns: int, *, failed: bool, pace: Pace = NO_HURRY) -> None:
        """A target is back.

        Args:
            key: of the target, also of one that has left meanwhile.
            now_ns: now.
            failed: it gave nothing; it is asked less often as long as that lasts.
            pace: what it wants itself.
        """
        if key not in self._away:
            return
        self._away.discard(key)
        entry = self._entries.get(key)
        if entry is None:
            return
        entry.failures = entry.failures + 1 if failed else 0
        self.dropped += entry.plan(now_ns, pace)
        self._put(entry)

    def _put(self, entry: _Entry) -> None:
        heapq.heappush(self._queue, (entry.due_ns, entry.key))

    def _skip_stale(self) -> None:
        """Drop what was planned for targets that left, or were planned anew."""
        while self._queue:
            due_ns, key = self._queue[0]
            entry = self._entries.get(key)
            if entry is not None and key not in self._away and entry.due_ns == due_ns:
                return
            heapq.heappop(self._queue)


class _Entry:
    """One target's place on the agenda."""

    __slots__ = ("_drawn", "due_ns", "failures", "interval_ns", "key")

    def __init__(self, key: str, interval_ns: int, now_ns: int) -> None:
        self.key = key
        self.interval_ns = interval_ns
        self.failures = 0
        self._drawn = _drawn(key)
        self.due_ns = self._moment_after(now_ns - 1)

    def plan(self, now_ns: int, pace: Pace) -> int:
        """Say when it is due next; the number of its own moments that went by since the last."""
        last_ns, self.due_ns = self.due_ns, self._moment_after(now_ns)
        if self.failures > 1:
            steps = min(2 ** (self.failures - 1), _LONGEST_BACKOFF)
            apart = _JITTER * _drawn(f"{self.key}\0{self.failures}")
            self.due_ns = now_ns + int(self.interval_ns * steps * (1 - apart))
        elif pace.rest_ns > self.interval_ns:
            self.due_ns = now_ns + min(pace.rest_ns, self.interval_ns * _LONGEST_REST)
        elif pace.within_ns is not None:
            soonest_ns = max(1, pace.within_ns, pace.rest_ns, self.interval_ns // _SOONEST)
            self.due_ns = min(self.due_ns, now_ns + soonest_ns)
        return max(0, (now_ns - last_ns) // self.interval_ns)

    def _moment_after(self, now_ns: int) -> int:
        """The next of its own moments."""
        offset_ns = int(self._drawn * self.interval_ns)
        return now_ns + 1 + (offset_ns - now_ns - 1) % self.interval_ns


def _drawn(text: str) -> float:
    """A number from 0 to 1 that is the same for the same text, and looks random over many."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) / _FRACTIONS
