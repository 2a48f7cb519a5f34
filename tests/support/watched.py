"""Stretches of an imagined target, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from heapwise.model.watch import Bin, Sign, Stretch
from heapwise.units import NS_PER_S
from heapwise.watch.detectors import Detector
from heapwise.watch.history import History
from heapwise.watch.scale import UNSCALED, Scale

BEGIN_NS = 1_800_000_000 * NS_PER_S
POLL_NS = 15 * NS_PER_S
BIN_NS = 300 * NS_PER_S
PER_BIN = BIN_NS // POLL_NS


def new_history(runtime: str = "go", scale: Scale = UNSCALED) -> History:
    """One that is polled every 15 s, scaled."""
    return History(scale, runtime, scale.ns(seconds=15))


def stretch(number: int, scale: Scale = UNSCALED, **amounts: Any) -> Stretch:
    """The stretch between two polls, counted from 0."""
    poll_ns = scale.ns(seconds=15)
    begin = BEGIN_NS + number * poll_ns
    return msgspec.structs.replace(Stretch(begin_ns=begin, end_ns=begin + poll_ns), **amounts)


class Imagined:
    """A target whose bins are as told, looked at by one detector as often as it asks.

    Attributes:
        history: of it.
        signs: what the detector saw, each time that it was asked.
    """

    def __init__(
        self, detector: Detector | None = None, runtime: str = "go", scale: Scale = UNSCALED
    ) -> None:
        self.history = new_history(runtime, scale)
        self.detector = detector
        self.signs: list[Sign | None] = []
        self._scale = scale
        self._polls = 0
        self._due_ns = 0

    def live_through(self, bins: int, **amounts: Any) -> Iterator[Bin]:
        """Poll through so many bins; an amount may be a function of hours since the start."""
        for _ in range(bins * PER_BIN):
            yield from self.poll(**amounts)

    def through(self, bins: int, **amounts: Any) -> Sign | None:
        """The same; what the detector saw last."""
        for _ in self.live_through(bins, **amounts):
            pass
        return self.signs[-1] if self.signs else None

    def poll(self, **amounts: Any) -> tuple[Bin, ...]:
        """Read it once."""
        hours = self._polls * self._scale.ns(seconds=15) / NS_PER_S / 3600
        told = {
            name: amount(hours) if callable(amount) else amount for name, amount in amounts.items()
        }
        made = self.history.add(stretch(self._polls, self._scale, **told))
        self._polls += 1
        self._look()
        return made

    def skip(self, polls: int) -> None:
        """Nobody polls."""
        self._polls += polls

    def _look(self) -> None:
        now = BEGIN_NS + self._polls * self._scale.ns(seconds=15)
        if self.detector is not None and now >= self._due_ns:
            self._due_ns = now + self.detector.every_ns
            self.signs.append(self.detector.look(self.history, now))
