"""How often rounds are judged wrongly, and what change it takes to be seen.

Real rounds of one binary are dealt out to two sides, over and over: whatever is then said to have
changed is a false alarm. With one side's figures multiplied by a known factor it is a detection.

    python benchmarks/verify/bench.py                 with the rounds that are kept
    python benchmarks/verify/bench.py --record 20     after recording 20 new ones of each lab
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from rounds import SHAPES, Round, kept, record
from table import Row, report

from heapwise.analysis.round_rows import CompareOptions, compare_rows
from heapwise.analysis.round_samples import Sample, Side
from heapwise.model.comparison import Verdict
from heapwise.model.metrics import CATALOGUE, PRIMARY, Exactness

HERE = Path(__file__).parent
SPLITS = 1_000
SPLITS_OF_A_CURVE = 250
OF_COUNTS = (0.02, 0.03, 0.05, 0.1)
OF_TIMINGS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0)
MOVED = frozenset({Verdict.BETTER, Verdict.WORSE})


def split_at_random(
    count: int, size: int, times: int = SPLITS
) -> Iterator[tuple[list[int], list[int]]]:
    """Rounds dealt out to two sides of a size."""
    random = np.random.default_rng(1)
    for _ in range(times):
        order = random.permutation(count).tolist()
        yield order[:size], order[size : 2 * size]


def split_in_turn(count: int, size: int) -> Iterator[tuple[list[int], list[int]]]:
    """Every stretch of rounds in blocks of four, as verify makes them: ABBA or BAAB."""
    blocks = size // 2
    for first in range(count - 4 * blocks + 1):
        for turned in range(2**blocks):
            sides: tuple[list[int], list[int]] = ([], [])
            for block in range(blocks):
                start = first + 4 * block
                turn = turned >> block & 1
                sides[turn].extend((start, start + 3))
                sides[1 - turn].extend((start + 1, start + 2))
            yield sides


def moved(
    rounds: Sequence[Round],
    sides: tuple[list[int], list[int]],
    factors: Mapping[str, float] | None = None,
) -> dict[str, Verdict]:
    """The primary metrics that are said to have changed, with the verdict.

    Args:
        rounds: of one binary.
        sides: which of them are before, and which after.
        factors: what figures after are multiplied by, by metric.
    """
    samples = [
        Sample(
            CATALOGUE[metric],
            _side("before", rounds, sides[0], metric, 1.0),
            _side("after", rounds, sides[1], metric, (factors or {}).get(metric, 1.0)),
        )
        for metric in PRIMARY
    ]
    rows = compare_rows(samples, "req", (), {}, CompareOptions())
    return {row.metric: row.verdict for row in rows if row.verdict in MOVED}


def _side(
    name: str, rounds: Sequence[Round], chosen: Sequence[int], metric: str, factor: float
) -> Side:
    """Figures that were called invalid count here: the noisier the rounds, the harder the test."""
    figures = (rounds[index][metric].value for index in chosen)
    return Side(name, tuple(each * factor for each in figures if each is not None), (), len(chosen))


def false_alarms(lab: str, rounds: Sequence[Round]) -> Iterator[Row]:
    """How often anything is said of rounds that differ in nothing."""
    for word, splits in (
        ("dealt at random", split_at_random(len(rounds), 6)),
        ("in turn, ABBA", split_in_turn(len(rounds), 6)),
    ):
        found = [bool(moved(rounds, sides)) for sides in splits]
        share = sum(found) / len(found)
        method = f"{len(found)} comparisons of 6 and 6 of {len(rounds)} real rounds, {word}"
        yield Row(f"{lab}: false alarms, {word}", share * 100, "%", "<= 5", share <= 0.05, method)


def spread(lab: str, rounds: Sequence[Round]) -> Iterator[Row]:
    """What one binary differs by from round to round."""
    for metric in PRIMARY:
        figures = [round_[metric] for round_ in rounds]
        known = [each.value for each in figures if each.value is not None]
        if len(known) > 1:
            share = float(np.std(known, ddof=1) / np.mean(known))
            valid = sum(not each.invalid for each in figures)
            method = f"standard deviation over mean of {len(known)} rounds, {valid} of them valid"
            yield Row(f"{lab}: spread of {metric}", share * 100, "%", "", None, method)


def detection(lab: str, rounds: Sequence[Round], size: int) -> Iterator[Row]:
    """How often a change of a known size is seen, metric by metric."""
    for metric in PRIMARY:
        if any(round_[metric].value is None for round_ in rounds):
            continue
        exact = CATALOGUE[metric].exactness is Exactness.EXACT
        for effect in OF_COUNTS if exact else OF_TIMINGS:
            goal = metric == "bytes/work" and effect == 0.03 and size == 6
            splits = split_at_random(len(rounds), size, SPLITS if goal else SPLITS_OF_A_CURVE)
            found = [moved(rounds, sides, {metric: 1 + effect}).get(metric) for sides in splits]
            share = sum(verdict is Verdict.WORSE for verdict in found) / len(found)
            yield Row(
                f"{lab}: {metric} +{effect:.0%} seen, {size} and {size}",
                share * 100,
                "%",
                ">= 95" if goal else "",
                share >= 0.95 if goal else None,
                f"{len(found)} comparisons of {len(rounds)} real rounds, one side multiplied",
            )


def main() -> None:
    """Resample the rounds of every lab."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--record", type=int, default=0, metavar="N", help="new rounds of each")
    arguments.add_argument("--rounds", type=Path, default=HERE / "rounds", metavar="DIR",
                           help="where rounds are kept")  # fmt: skip
    given = arguments.parse_args()
    rows: list[Row] = []
    for lab in SHAPES:
        rounds = [] if given.record else kept(given.rounds, lab)
        rounds = rounds or record(given.rounds, lab, given.record or 20)
        rows += [*spread(lab, rounds), *false_alarms(lab, rounds)]
        rows += [*detection(lab, rounds, 6), *detection(lab, rounds, len(rounds) // 2)]
    report("verify", rows)


if __name__ == "__main__":
    main()
