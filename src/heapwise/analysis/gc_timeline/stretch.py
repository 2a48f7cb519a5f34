"""The part of a run whose collections were counted exactly."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from heapwise.analysis.windows import settled
from heapwise.model.recording import Recording


class Stretch(msgspec.Struct, frozen=True):
    """From the first fence of a run to the last.

    Attributes:
        begin_ns: of the run's clock.
        end_ns: of the run's clock.
        numbers: half-open spans of the cycles that ended in it, (last before, last within).
    """

    begin_ns: int
    end_ns: int
    numbers: tuple[tuple[int, int], ...]

    @property
    def happened(self) -> int:
        """Collections that took place in it, exact."""
        return sum(last - first for first, last in self.numbers)

    def __contains__(self, number: int) -> bool:
        """True where the cycle with this number ended in it."""
        return any(first < number <= last for first, last in self.numbers)

    def seen(self, numbers: Iterable[int]) -> int:
        """How many different ones of these took place in it."""
        return sum(number in self for number in set(numbers))

    def coverage(self, numbers: Iterable[int]) -> float:
        """The share of its collections that these are; 1.0 where there were none."""
        return self.seen(numbers) / self.happened if self.happened else 1.0


def stretch_of(recording: Recording) -> Stretch | None:
    """The stretch of all settled windows; None where no window ended or nothing was counted.

    What happened between two windows belongs to it, the collections that heapwise forces there
    too, unless the service was restarted in between.
    """
    fences = [
        fence
        for window in settled(recording)
        for fence in (window.before, window.after)
        if fence is not None and fence.counters.num_gc >= 0
    ]
    if not fences:
        return None
    steps = pairwise(fences)
    return Stretch(
        begin_ns=fences[0].at_ns,
        end_ns=fences[-1].at_ns,
        numbers=tuple(
            (first.counters.num_gc, last.counters.num_gc)
            for first, last in steps
            if not last.counters.went_back(first.counters)
        ),
    )
