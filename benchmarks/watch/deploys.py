"""How often two builds are told apart that are equal, and how often two that are not.

    python benchmarks/watch/deploys.py [--runs 200] [--seed 1]

Simulated processes: load with a day's curve of a random phase and AR(1) noise (8 %, 5 min); live
heap = 100 MB · (0.7 + 0.3 · load + warm-up 0.4 · (1 - exp(-t / 40 min)) + AR(1) 3 %, 20 min);
bytes per request, CPU per request and GC share with AR(1) noise of 5 % (5 min) of their own; each
process is off by a factor of its own in each of them, 2 % (one standard deviation); 5 % of what it
allocates and uses at mean load is not for requests. Readings every 15 s. Equal builds are deployed
at any two times of day, changed ones within two hours of the same.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heapwise.model.comparison import Verdict
from heapwise.model.watch import Stretch
from heapwise.watch.deploys.compare import METRICS, compare_builds
from heapwise.watch.deploys.lives import AGES, Age, Life
from heapwise.watch.scale import UNSCALED

POLL_S = 15
DAY_S = 86_400
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """By which factor a build differs from the one before."""

    size: float = 1.0
    cpu: float = 1.0
    gc: float = 1.0
    live: float = 1.0
    load: float = 1.0


EQUAL = Change()


def noise(random: np.random.Generator, count: int, spread: float, tau_s: float) -> Floats:
    """AR(1) around 0."""
    from scipy.signal import lfilter  # noqa: PLC0415 - slow to load

    keep = np.exp(-POLL_S / tau_s)
    pushes = random.normal(0, spread * np.sqrt(1 - keep**2), count)
    pushes[0] = random.normal(0, spread)
    return np.asarray(lfilter([1.0], [1.0, -keep], pushes))


def life(random: np.random.Generator, minutes: float, phase: float, change: Change) -> Life:
    """A process of a build from its start to an age."""
    count = int(minutes * 60 / POLL_S)
    t = np.arange(1, count + 1) * float(POLL_S)
    own = {name: 1 + random.normal(0, 0.02) for name in ("size", "cpu", "gc", "live")}
    day = 1 + 0.6 * np.sin(2 * np.pi * (t / DAY_S + phase))
    load = np.maximum(0.05, change.load * day * (1 + noise(random, count, 0.08, 300)))
    work = load * 100 * POLL_S
    besides = 0.95 + 0.05 / load
    size = 2e5 * own["size"] * change.size * besides * (1 + noise(random, count, 0.05, 300))
    cpu = 5e-4 * own["cpu"] * change.cpu * besides * (1 + noise(random, count, 0.05, 300))
    gc = 0.08 * own["gc"] * change.gc * (1 + noise(random, count, 0.05, 300))
    warm = 0.4 * (1 - np.exp(-t / 2400))
    slow = noise(random, count, 0.03, 1200)
    live = 1e8 * own["live"] * change.live * (0.7 + 0.3 * load + warm + slow)
    live = live * (1 + 0.02 * np.abs(random.normal(size=count)))
    made = Life("t", "b", 0, UNSCALED)
    for i in range(count):
        made.add(
            Stretch(
                begin_ns=i * POLL_S * 10**9, end_ns=(i + 1) * POLL_S * 10**9,
                live=float(live[i]), allocated=float(work[i] * size[i]), work=float(work[i]),
                cpu_share=float(work[i] * cpu[i] / POLL_S), gc_of_used=float(gc[i]),
            )
        )  # fmt: skip
    return made


def verdicts(
    seed: int, runs: int, age: Age, instances: int, change: Change
) -> Iterator[dict[str, Verdict]]:
    """Of each metric, one deploy after the other."""
    random = np.random.default_rng(seed)
    for _ in range(runs):
        phases = random.random(2)
        if change is not EQUAL:
            phases[1] = phases[0] + random.uniform(-1, 1) / 12
        before = [life(random, age.minutes, phases[0], EQUAL) for _ in range(instances)]
        after = [life(random, age.minutes, phases[1], change) for _ in range(instances)]
        yield {row.metric: row.verdict for row in compare_builds(before, after, age)}


def share_worse(
    seed: int, runs: int, age: Age, instances: int, change: Change, metric: str = ""
) -> tuple[float, float]:
    """Shares of deploys called worse, in anything or in one metric, and of those undecided."""
    worse = undecided = 0
    for found in verdicts(seed, runs, age, instances, change):
        asked = [found[metric]] if metric else list(found.values())
        worse += Verdict.WORSE in asked
        undecided += set(asked) == {Verdict.UNDECIDED}
    return worse / runs, undecided / runs


def any_age(seed: int, runs: int, instances: int) -> float:
    """Share of equal deploys with a false alarm at any of the ages."""
    random = np.random.default_rng(seed)
    false: Counter[bool] = Counter()
    for _ in range(runs):
        phases = random.random(2)
        sides = [
            [life(random, AGES[-1].minutes, phase, EQUAL) for _ in range(instances)]
            for phase in phases
        ]
        rows = [row for age in AGES for row in compare_builds(sides[0], sides[1], age)]
        false[any(row.verdict is Verdict.WORSE for row in rows)] += 1
    return false[True] / runs


CHANGES = (
    ("equal", EQUAL, ""),
    ("twice the load", Change(load=2.0), ""),
    ("+20 % B/req", Change(size=1.2), "bytes/work"),
    ("+20 % CPU/req", Change(cpu=1.2), "cpu/work"),
    ("+50 % GC share", Change(gc=1.5), "gc.cpu_share"),
    ("+30 % live heap", Change(live=1.3), "heap.live"),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"{given.runs} deploys a cell; share called worse (share that decides nothing)")
    print(f"{'build':<18}{'asked of':<14}{'instances':>9}", *(f"{a.minutes:>7g} min" for a in AGES))
    for name, change, metric in CHANGES:
        for instances in (1, 3, 8):
            cells = []
            for age in AGES:
                runs = given.runs if age.minutes < 1440 else max(10, given.runs // 10)
                worse, none = share_worse(given.seed, runs, age, instances, change, metric)
                cells.append(f"{worse:>5.1%} ({none:.0%})")
            print(f"{name:<18}{metric or 'any':<14}{instances:>9}", *cells, sep="  ", flush=True)
    for instances in (1, 3):
        runs = max(10, given.runs // 5)
        print(f"equal, {instances} instances, any age: {any_age(given.seed, runs, instances):.1%}")
    sys.stdout.flush()


if __name__ == "__main__":
    assert set(METRICS) >= {metric for *_, metric in CHANGES if metric}
    main()
