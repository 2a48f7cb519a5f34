"""How much slow hits would overlap something by coincidence.

Slow hits come in bunches, and a long interval overlaps anything by being long. So the null
hypothesis keeps the lengths of the hits, the distances within a bunch, and the windows as they
are: the run is cut into `BLOCKS` stretches, and all slow hits of a stretch are moved together by
one random time, on a circle. One shift for all of them would keep the long rhythm as well, and
then a collector that runs as regularly as a clock overlaps as much again after every whole period:
nothing could be told of it.

The statistic is the mean, over the slow hits, of the share of a hit's excess latency during which
the cause was active, 1 at most. p = (1 + permutations that reach it) / (1 + permutations).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from heapwise.analysis.tail.activity import Holder
from heapwise.analysis.tail.measured import Floats
from heapwise.model.profile import Int64s
from heapwise.model.tail import Cause

PERMUTATIONS = 999
BLOCKS = 16
TOUCHING = 0.2
"""A cause that was active during less of a hit's excess latency has not held it up."""

MOST_HITS = 1000
"""Of more slow hits than this an even choice is moved: all would only make it slower."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Slow hits, with where the permutations put them.

    Attributes:
        rows: int64[m], where they stand among all hits.
        begins: float64[m], measured time.
        lengths: float64[m], ns.
        excess: float64[m], ns, above zero.
        chosen: int64[k], which of them are moved.
        moved: float64[permutations, k], their beginnings after each permutation.
    """

    rows: Int64s
    begins: Floats
    lengths: Floats
    excess: Floats
    chosen: Int64s
    moved: Floats

    @classmethod
    def of(
        cls,
        rows: Int64s,
        begins: Floats,
        lengths: Floats,
        excess: Floats,
        circle: float,
        run_id: str,
    ) -> Sample:
        """The same permutations for the same run, every time.

        Args:
            rows: int64[m], ascending.
            begins: float64[m], ascending, measured time.
            lengths: float64[m], ns.
            excess: float64[m], ns.
            circle: length of the measured time, ns.
            run_id: seeds what is drawn at random.
        """
        count = min(len(begins), MOST_HITS)
        chosen = np.linspace(0, len(begins) - 1, count).round().astype(np.int64)
        still = begins[chosen]
        seed = int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:8], "big")
        shifts = np.random.default_rng(seed).uniform(0.0, circle, (PERMUTATIONS, BLOCKS))
        blocks = np.minimum(still * BLOCKS // max(circle, 1.0), BLOCKS - 1).astype(np.int64)
        return cls(rows, begins, lengths, excess, chosen, still + shifts[:, blocks])


@dataclass(frozen=True, slots=True)
class Evidence:
    """One cause against slow hits.

    Attributes:
        cover: mean share of a hit's excess latency in which it was active, 0 to 1, over the hits
            that are moved.
        expected_cover: that by coincidence.
        spread: standard deviation of the latter.
        touched: hits, of all of them, during whose excess latency it was active for `TOUCHING` or
            more.
        expected_touched: that by coincidence.
        p: of the cover.
        held_ns: median time it was active, over the touched hits.
    """

    cover: float
    expected_cover: float
    spread: float
    touched: int
    expected_touched: float
    p: float
    held_ns: float

    @property
    def blame(self) -> float:
        """Share of the excess that is the cause's beyond coincidence.

        If a cause is behind a share f of it, and active by chance during e of the rest, it covers
        f + (1 - f)·e; this is f, as in Cohen's kappa.
        """
        return (self.cover - self.expected_cover) / max(1.0 - self.expected_cover, 1e-9)

    @property
    def most(self) -> float:
        """The upper end of a one-sided 95 % interval of `blame`, by the spread of chance."""
        return self.blame + 1.645 * self.spread / max(1.0 - self.expected_cover, 1e-9)


def evidence(sample: Sample, holder: Holder) -> Evidence:
    """Compare what a cause covers with what it would cover by coincidence.

    Args:
        sample: the slow hits; at least one.
        holder: the cause.
    """
    held, chosen = holder.observed(sample), sample.chosen
    chance = holder.held(sample.moved, sample.lengths[chosen]) / sample.excess[chosen]
    cover = float(np.minimum(held / sample.excess, 1.0)[chosen].mean())
    covers = np.minimum(chance, 1.0).mean(axis=1)
    touched = held >= TOUCHING * sample.excess
    reached = int(np.count_nonzero(covers >= cover - 1e-12))
    return Evidence(
        cover=cover,
        expected_cover=float(covers.mean()),
        spread=float(covers.std()),
        touched=int(touched.sum()),
        expected_touched=float((chance >= TOUCHING).mean() * len(held)),
        p=(1 + reached) / (1 + PERMUTATIONS),
        held_ns=float(np.median(held[touched])) if touched.any() else 0.0,
    )


def holm(p_values: Mapping[Cause, float], level: float) -> set[Cause]:
    """The causes whose p-value stands after Holm's correction for testing several at once."""
    kept: set[Cause] = set()
    ordered = sorted(p_values.items(), key=lambda item: item[1])
    for rank, (cause, p) in enumerate(ordered):
        if p > level / (len(ordered) - rank):
            break
        kept.add(cause)
    return kept
