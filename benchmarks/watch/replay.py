"""The detectors over a simulated week: every evaluation of every window at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from heapwise.analysis.growth.trend import Measured, holds, measure
from heapwise.analysis.growth.windows import GrowthWindow

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

POLLS_A_MINUTE = 4


def blocks(polled: Floats, minutes: int) -> Floats:
    """float64[n, polls of one bin]: the complete bins from the beginning of a series."""
    length = minutes * POLLS_A_MINUTE
    count = len(polled) // length
    return polled[: count * length].reshape(count, length)


class Replay:
    """One week, looked at through any windows.

    Args:
        live: bytes at every poll; NaN was not polled.
        load: of anything at every poll.
    """

    def __init__(self, live: Floats, load: Floats) -> None:
        whole, work = blocks(live, 5), blocks(load, 5)
        gone = np.isnan(whole).mean(axis=1) > 0.5
        self.y = np.where(gone, np.nan, np.nanmin(np.where(gone[:, None], 0, whole), axis=1))
        self.x = np.where(gone, np.nan, np.nanmean(np.where(gone[:, None], 0, work), axis=1))
        self.minutes = len(self.y) * 5
        self._measured: dict[tuple[object, ...], tuple[Measured, npt.NDArray[np.intp]]] = {}

    def at(self, window: GrowthWindow) -> npt.NDArray[np.intp]:
        """Minutes since the start of every evaluation at which the window is full."""
        first = -(-window.minutes // window.every_minutes) * window.every_minutes
        return np.arange(first, self.minutes + 1, window.every_minutes)

    def rows(self, window: GrowthWindow) -> tuple[Floats, Floats]:
        """float64[evaluations, bins] of live heap and of load."""
        of, ends = window.bin_minutes // 5, self.at(window) // window.bin_minutes
        count = len(self.y) // of
        shape = (count, of)
        y = np.fmin.reduce(self.y[: count * of].reshape(shape), axis=1)
        x = self.x[: count * of].reshape(shape)
        known = np.count_nonzero(~np.isnan(x), axis=1)
        x = np.where(known > 0, np.nansum(x, axis=1) / np.maximum(known, 1), np.nan)
        index = ends[:, None] - window.bins + np.arange(window.bins)
        return y[index], x[index]

    def measured(self, window: GrowthWindow) -> Measured:
        """The figures at every evaluation, kept for windows that differ in thresholds only."""
        key = (window.bin_minutes, window.bins, window.kind, window.every_minutes)
        if key not in self._measured:
            y, x = self.rows(window)
            self._measured[key] = measure(y, x, window.kind)
        return self._measured[key]

    def alarms(self, window: GrowthWindow) -> npt.NDArray[np.intp]:
        """Minutes at which the window has held as often in a row as it has to."""
        found = self.measured(window)
        held = lasting(holds(found, window), window.holds)
        if window.steady:
            before = np.full(len(held), np.nan)
            before[window.looks_back :] = found.slope[: -window.looks_back][: len(held)]
            held &= found.slope > window.steady * before
        return self.at(window)[held]

    def first(self, windows: Sequence[GrowthWindow]) -> float:
        """Hours to the first alarm; infinite without one."""
        found = [times[0] / 60 for window in windows if len(times := self.alarms(window))]
        return min(found, default=float("inf"))


def lasting(held: Bools, times: int) -> Bools:
    """Where it held at this and the evaluations before, ``times`` in all."""
    whole = np.concatenate([[0], np.cumsum(held)])
    if len(held) < times:
        return np.zeros(len(held), bool)
    return np.concatenate([np.zeros(times - 1, bool), whole[times:] - whole[:-times] == times])
