"""How far the 99th percentile of pauses is from the truth, by what a service exposes.

One hour of simulated pauses: lognormal around 0.15 ms, and a share of about 20 ms. Read every 15 s
from Go's own histogram, and from the ring of the last 256; beside them the way of the articles, one
pause of the ring every 10 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from heapwise.model.gc import TimeHistogram
from heapwise.model.watch import PausesSeen
from heapwise.watch.pause_tally import PauseTally

EDGES = Path(__file__).parents[2] / "tests" / "data" / "gctrace" / "time-histogram-buckets.txt"
CELLS = ((0.5, 0.02), (5.0, 0.02), (50.0, 0.02), (300.0, 0.02))
"""Collections a second, and the share of long pauses."""

HOUR_S = 3600
POLL_S = 15
NAIVE_S = 10
RING = 256
_P99 = 990_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """The p99 of one hour, ms, as each way has it.

    Attributes:
        rate: collections a second.
        truth: of all pauses.
        histogram: of the runtime's histogram.
        ring: of what the ring still had.
        coverage: share of the pauses that the ring still had.
        naive: of one pause each ten seconds.
    """

    rate: float
    truth: float
    histogram: float
    ring: float
    coverage: float
    naive: float


def estimates(seed: int) -> list[Estimate]:
    """Every cell."""
    return [_estimate(np.random.default_rng(seed), *cell) for cell in CELLS]


def _estimate(random: np.random.Generator, rate: float, long: float) -> Estimate:
    count = int(rate * HOUR_S)
    lengths = random.lognormal(np.log(0.15e6), 0.4, count)
    slow = random.random(count) < long
    lengths[slow] = random.lognormal(np.log(20e6), 0.2, int(slow.sum()))
    ends = np.sort(random.uniform(0, HOUR_S, count))
    by_poll = np.split(lengths, np.searchsorted(ends, np.arange(POLL_S, HOUR_S, POLL_S)))
    histogram, ring = PauseTally(), PauseTally()
    seconds = (float(line) for line in EDGES.read_text().split())
    edges = tuple(1e9 * edge for edge in seconds if 0 < edge < np.inf)
    for pauses in by_poll:
        histogram.add(PausesSeen(happened=len(pauses), histogram=_counted(pauses, edges)))
        kept = tuple(map(int, pauses[-RING:]))
        ring.add(PausesSeen(happened=len(pauses), lengths_ns=kept))
    last = np.searchsorted(ends, np.arange(NAIVE_S, HOUR_S, NAIVE_S)) - 1
    naive = lengths[last[last >= 0]]
    return Estimate(
        rate,
        float(np.quantile(lengths, 0.99, method="inverted_cdf")) / 1e6,
        _p99(histogram),
        _p99(ring),
        ring.coverage,
        float(np.quantile(naive, 0.99, method="inverted_cdf")) / 1e6,
    )


def _counted(lengths: Floats, edges: tuple[float, ...]) -> TimeHistogram:
    places = np.searchsorted(edges, lengths, side="left")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return TimeHistogram(bounds=edges, counts=tuple(map(int, counts)))


def _p99(tally: PauseTally) -> float:
    found = tally.quantile(_P99)
    assert found is not None
    return found.value / 1e6
