"""How often `limit` tells of healthy weeks, and how long before the limit of those that leak.

    python benchmarks/watch/limits.py [--runs 40] [--seed 10000] [--only KIND…]

A healthy service has a limit of 1.3, or 2, times the most that it ever holds; a leaking one of four
times its base. Each is asked about every five minutes, as `heapwise watch` does.
"""

from __future__ import annotations

import argparse
import statistics
from types import ModuleType

import generator
import numpy as np
import other_noise

from heapwise.model.watch import Severity, Stretch
from heapwise.units import NS_PER_S
from heapwise.watch.detectors import Settings
from heapwise.watch.detectors.limit import Limit
from heapwise.watch.history import History
from heapwise.watch.scale import UNSCALED

BIN_S = 300
PER_BIN = BIN_S // generator.POLL_S
SAID = {None: "", Severity.WARN: "warn", Severity.PAGE: "page"}


def told(service: generator.Service, limit: float) -> dict[str, float]:
    """When it is told of first, h, as ``warn`` and as ``page``, and when it is ``full``."""
    detector = Limit(UNSCALED, Settings())
    history = History(UNSCALED, "go", BIN_S * NS_PER_S)
    whole = len(service.live) // PER_BIN * PER_BIN
    least, load = (
        [float(how(known)) if len(known) else None for known in _known(values[:whole])]
        for how, values in ((np.min, service.live), (np.mean, service.load))
    )
    found: dict[str, float] = {}
    for index, (live, rate) in enumerate(zip(least, load, strict=True)):
        if live is not None and live >= limit:
            found["full"] = index * BIN_S / 3600
            break
        begin = index * BIN_S * NS_PER_S
        end = begin + BIN_S * NS_PER_S
        allocated = None if rate is None else rate * BIN_S
        history.add(
            Stretch(begin_ns=begin, end_ns=end, live=live, allocated=allocated, limit=limit)
        )
        sign = detector.look(history, end)
        found.setdefault(SAID[sign.severity if sign else None], index * BIN_S / 3600)
    return found


def _known(values: generator.Floats) -> list[generator.Floats]:
    """What was polled in each bin."""
    return [each[~np.isnan(each)] for each in values.reshape(-1, PER_BIN)]


def healthy(noise: ModuleType, seed: int, runs: int, only: list[str]) -> None:
    """Print how many of the weeks were told of."""
    for name, kind in noise.NULLS.items():
        if only and name not in only:
            continue
        row = []
        for room in (1.3, 2.0):
            said: list[str] = []
            for run in range(runs):
                service = noise.service(kind, np.random.default_rng([seed, run]))
                limit = room * float(np.nanmax(service.live))
                said += told(service, limit)
            row.append(f"{said.count('warn'):4} {said.count('page'):4}")
        print(f"{name:10} {row[0]}   {row[1]}", flush=True)


def leaking(noise: ModuleType, seed: int, runs: int, only: list[str]) -> None:
    """Print how long before the limit the leaks were told of."""
    for name, kind in noise.LEAKS.items():
        if kind.slope < 0.1 or (only and name not in only):
            continue
        before: dict[str, list[float]] = {"warn": [], "page": []}
        for run in range(runs):
            service = noise.service(kind, np.random.default_rng([seed, run]))
            found = told(service, 4 * generator.BASE)
            for said in before.keys() & found.keys() if "full" in found else ():
                before[said].append(found["full"] - found[said])
        rows = (
            f"{said} {len(hours):3} {statistics.median(hours) if hours else 0:5.1f} h"
            for said, hours in before.items()
        )
        print(f"{name:16} {'   '.join(rows)}", flush=True)


def main() -> None:
    """Print both tables for both generators."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=10_000)
    parser.add_argument("--only", nargs="*", default=[], metavar="KIND")
    given = parser.parse_args()
    for noise in (generator, other_noise):
        print(f"\n{noise.__name__}: of {given.runs} weeks warned, paged; limit 1.3 ×   2 ×")
        healthy(noise, given.seed, given.runs, given.only)
        print(f"\n{noise.__name__}: found of {given.runs}, median time before the limit")
        leaking(noise, given.seed, given.runs, given.only)


if __name__ == "__main__":
    main()
