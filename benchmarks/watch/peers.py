"""Rules that are in use, on the same weeks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

POLLS_A_MINUTE = 4
_EVERY = 30 * POLLS_A_MINUTE


def naive(heap: Floats) -> float:
    """Hours to the first alarm of "HeapAlloc is trending up": least squares over 1 h, p < .01."""
    slope, error, at = _slopes(heap, 60 * POLLS_A_MINUTE)
    return _first(slope > 2.33 * error, at)


def deriv(heap: Floats) -> float:
    """The same of ``deriv(go_memstats_heap_inuse_bytes[10m]) > 1e7``, of a public rule set.

    GoHeapInuseGrowing of awesome-prometheus-alerts, a8533189.
    """
    slope, _, at = _slopes(heap, 10 * POLLS_A_MINUTE)
    return _first(slope * POLLS_A_MINUTE / 60 > 1e7, at)


def _slopes(heap: Floats, length: int) -> tuple[Floats, Floats, npt.NDArray[np.intp]]:
    """Least squares of every window's end at half an hour: per poll, its error, and the poll."""
    last = np.maximum.accumulate(np.where(np.isnan(heap), 0, np.arange(len(heap))))
    at = np.arange(_EVERY * -(-length // _EVERY), len(heap) + 1, _EVERY)
    rows = heap[last][at[:, None] - length + np.arange(length)]
    time = np.arange(length) - (length - 1) / 2
    spread = float((time * time).sum())
    slope = rows @ time / spread
    rest = rows - rows.mean(axis=1, keepdims=True) - slope[:, None] * time
    error = np.sqrt((rest * rest).sum(axis=1) / (length - 2) / spread)
    return slope, error, at


def _first(alarm: npt.NDArray[np.bool_], at: npt.NDArray[np.intp]) -> float:
    found = at[alarm]
    return float(found[0]) / (60 * POLLS_A_MINUTE) if len(found) else float("inf")
