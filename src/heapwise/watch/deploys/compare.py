"""Two builds at equal age and like load, with the statistics of `verify`.

Where a service has many instances, one value of each is a sample. Where it has few, the blocks of
time of each are: these depend on one another, for a process that has a large cache at ten has one
at eleven, so the test alone would find differences between equal builds. What keeps it honest is
the least effect that counts, and benchmarks/watch/deploys.py, which tells how often two equal
builds are told apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from types import MappingProxyType

import msgspec

from heapwise.analysis.compare import role_of
from heapwise.analysis.round_rows import CompareOptions, compare_rows
from heapwise.analysis.round_samples import Sample, Side
from heapwise.analysis.stats.multiple import holm
from heapwise.model.comparison import MOVED, ComparisonRow, Verdict
from heapwise.model.metrics import CATALOGUE
from heapwise.units import format_rate, format_value
from heapwise.watch.deploys.lives import Age, Life

LIKE = MappingProxyType(
    {"bytes/work": 1.5, "cpu/work": 1.5, "gc.cpu_share": 1.25, "heap.live": 1.1}
)
"""What is compared, and by which factor loads may differ to be alike: what is counted per request
depends on how many there are only by what the process does besides, its live heap by far more."""

METRICS = tuple(LIKE)
"""Their p-values are corrected together."""

_ALPHA = 0.01
"""Stricter than for rounds, which are taken in turns and whose load is made by us."""

LEAST = {"gc.cpu_share": 0.02, "heap.live": float(4 << 20)}
"""Absolute changes below which nobody should be called, in the metric's unit."""

_INSTANCES = 6
"""From so many on both sides each is one sample: fewer could not be told apart."""

_LEAST_SAMPLES = 6


def compare_builds(
    before: Sequence[Life], after: Sequence[Life], age: Age, unit: str = "req"
) -> tuple[ComparisonRow, ...]:
    """A row for each metric that any of them has.

    Args:
        before: processes of the build that ran until then.
        after: processes of the build that runs now.
        age: which they all have reached.
        unit: of work.
    """
    many = min(len(before), len(after)) >= _INSTANCES
    spread = _by_life if many else _by_block
    rows: dict[str, ComparisonRow] = {}
    samples = []
    for name, factor in LIKE.items():
        sides = _blocks(before, age, name), _blocks(after, age, name)
        base, new = _alike(*sides, factor)
        if len(base) < _LEAST_SAMPLES:
            rows[name] = _undecided(name, unit, _why_not(*sides))
        else:
            samples.append(_sample(name, spread(base), spread(new)))
    options = CompareOptions(alpha=_ALPHA, confidence=1 - _ALPHA, min_effect=age.effect)
    rows |= {row.metric: row for row in _corrected(compare_rows(samples, unit, (), {}, options))}
    return tuple(rows[name] for name in METRICS)


_Blocks = list[tuple[int, float, float]]
"""Blocks: number of the process, load, and value of a metric."""


def _blocks(lives: Sequence[Life], age: Age, name: str) -> _Blocks:
    """Those that tell the metric. A load that nobody knows is like any other such."""
    return [
        (number, block.load or 0.0, block.metrics[name])
        for number, life in enumerate(lives)
        for block in life.blocks(age)
        if name in block.metrics
    ]


def _alike(before: _Blocks, after: _Blocks, factor: float) -> tuple[_Blocks, _Blocks]:
    """As many of both as there are pairs of like load, no block in two of them.

    Going through both in the order of their loads finds the most pairs that there are.
    """
    left, right = (sorted(side, key=lambda each: each[1]) for side in (before, after))
    kept: tuple[_Blocks, _Blocks] = [], []
    i = j = 0
    while i < len(left) and j < len(right):
        one, other = left[i][1], right[j][1]
        if max(one, other) <= factor * min(one, other):
            kept[0].append(left[i])
            kept[1].append(right[j])
            i, j = i + 1, j + 1
        elif one < other:
            i += 1
        else:
            j += 1
    return kept


def _by_block(blocks: _Blocks) -> tuple[float, ...]:
    return tuple(value for _, _, value in blocks)


def _by_life(blocks: _Blocks) -> tuple[float, ...]:
    """The median of each process."""
    lives: dict[int, list[float]] = defaultdict(list)
    for number, _, value in blocks:
        lives[number].append(value)
    return tuple(map(median, lives.values()))


def _sample(name: str, before: tuple[float, ...], after: tuple[float, ...]) -> Sample:
    return Sample(
        CATALOGUE[name],
        Side("before", before, (), len(before)),
        Side("after", after, (), len(after)),
    )


def _corrected(compared: Iterable[ComparisonRow]) -> tuple[ComparisonRow, ...]:
    """The rows, those that moved held to the p-value corrected for all of them."""
    rows = tuple(compared)
    tested = [row for row in rows if row.p is not None]
    corrected = dict(
        zip(
            (row.metric for row in tested),
            holm([row.p for row in tested if row.p is not None]),
            strict=True,
        )
    )
    return tuple(
        msgspec.structs.replace(row, verdict=Verdict.UNDECIDED, why=why)
        if row.verdict in MOVED and (why := _doubt(row, corrected[row.metric]))
        else row
        for row in rows
    )


def _doubt(row: ComparisonRow, p: float) -> str:
    """Why a change does not count after all; empty where it does."""
    if p > _ALPHA:
        return "not clear enough for one of several questions"
    least = LEAST.get(row.metric, 0.0)
    if abs((row.after or 0.0) - (row.before or 0.0)) < least:
        return f"it differs by less than {format_value(least, row.unit)}"
    return ""


def _undecided(name: str, unit: str, why: str) -> ComparisonRow:
    metric = CATALOGUE[name]
    return ComparisonRow(
        metric=name, name=metric.name(unit), unit=metric.unit, before=None, after=None,
        delta=None, verdict=Verdict.UNDECIDED, why=why, role=role_of(metric),
    )  # fmt: skip


def _why_not(before: _Blocks, after: _Blocks) -> str:
    if min(len(before), len(after)) < _LEAST_SAMPLES:
        return "too little was seen of one of them at that age"
    loads = [format_rate(median(load for _, load, _ in side)) for side in (before, after)]
    return f"their loads differ: {loads[0]} before, {loads[1]} after"
