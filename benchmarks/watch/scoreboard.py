"""How often a leak detector cries wolf, and how long it takes to find a leak.

    scoreboard.py [--seed 30000] [--runs 100]

Simulated weeks of two generators: the one of the paper that the first constants come from, and one
with another noise. Constants were chosen on seeds below 1000; report on fresh ones. Prints the
tables and writes scoreboard.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from zlib import crc32

import numpy as np
from scipy.stats import beta

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import generator  # noqa: E402 - a file beside us
import other_noise  # noqa: E402 - the same
from peers import deriv, naive  # noqa: E402 - the same
from stages import Told, told  # noqa: E402 - the same
from table import Row  # noqa: E402 - the same

FRESH = 30_000
"""Seeds from here on were never looked at while constants were chosen."""

GENERATORS = {"AR(1) noise": generator, "other noise": other_noise}

ORDINARY = ("flat", "diurnal", "weekly", "batch", "traffic", "quiet")
HARD = ("warm-up", "step")

WITHIN_H = {0.01: 30.0, 0.1: 14.0, 1.0: 3.0}
"""By the slope, %/min, how soon a leak is to be found."""

DETECTORS = ("naive", "deriv[10m]", "R*", "S*", "R*+profiles", "S*+profiles", "page")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One kind of service of one generator.

    Attributes:
        kind: its name.
        hours: to the first alarm of each run, by detector; infinite for none.
        captures: profiles a run.
        weeks: each run is so long.
    """

    kind: str
    hours: dict[str, list[float]]
    captures: float
    weeks: float


def measured(
    made: ModuleType, kinds: dict[str, generator.Kind], seed: int, runs: int
) -> Iterator[Cell]:
    """Every kind of a generator, run by run."""
    for name, kind in kinds.items():
        hours: dict[str, list[float]] = {detector: [] for detector in DETECTORS}
        captures = 0
        for run in range(runs):
            random = np.random.default_rng([seed + run, crc32(name.encode())])
            service = made.service(kind, random)
            found = told(service, random)
            captures += found.captures
            for detector, at in _hours(service, found).items():
                hours[detector].append(at)
        yield Cell(name, hours, captures / runs, kind.days / 7)


def _hours(service: generator.Service, found: Told) -> dict[str, float]:
    return {
        "naive": naive(service.heap),
        "deriv[10m]": deriv(service.heap),
        "R*": found.growing,
        "S*": found.leak,
        "R*+profiles": found.growing_page,
        "S*+profiles": found.leak_page,
        "page": found.page,
    }


def upper(hits: int, runs: int) -> float:
    """What a share is below with 95 % confidence, Clopper and Pearson (1934)."""
    return 1.0 if hits == runs else float(beta.ppf(0.95, hits + 1, runs - hits))


def alarms(cells: list[Cell]) -> dict[str, dict[str, tuple[int, int]]]:
    """Weeks with an alarm, and weeks, by kind and detector."""
    found = {cell.kind: {name: _alarmed(cell.hours[name]) for name in DETECTORS} for cell in cells}
    found["ordinary"] = {
        name: (sum(found[kind][name][0] for kind in ORDINARY),
               sum(found[kind][name][1] for kind in ORDINARY))
        for name in DETECTORS
    }  # fmt: skip
    return found


def _alarmed(hours: list[float]) -> tuple[int, int]:
    return int(np.isfinite(hours).sum()), len(hours)


def within(hours: list[float], goal: float) -> float:
    """Share of the runs with an alarm by then, %."""
    return 100 * float(np.mean(np.array(hours) <= goal))


def print_alarms(name: str, cells: list[Cell]) -> None:
    """False alarms: % of the weeks, and what it is below with 95 % confidence."""
    print(f"\nFalse alarms, {name}: % of weeks with one (below, at 95 %)")
    print(f"{'':10}" + "".join(f"{detector:>14}" for detector in DETECTORS) + "  profiles/week")
    captures = {cell.kind: cell.captures / cell.weeks for cell in cells}
    for kind, row in alarms(cells).items():
        shown = "".join(
            f"{100 * hits / runs:>7.1f} ({100 * upper(hits, runs):>4.1f})"
            for hits, runs in row.values()
        )
        taken = f"{captures[kind]:>15.1f}" if kind in captures else ""
        print(f"{kind:10}{shown}{taken}")


def print_found(name: str, cells: list[Cell]) -> None:
    """Detection: %, median hours, and the share within the goal, by growing or leak, and a page."""
    print(f"\nLeaks found, {name}: % @ median hours (95th percentile), % within the goal")
    for cell in cells:
        goal = WITHIN_H.get(float(cell.kind.split()[-1]))
        shown = ""
        for detector in ("R*", "S*", "page"):
            hours = np.array(cell.hours[detector])
            late = float(np.quantile(hours, 0.95, method="lower"))
            share = 100 * np.isfinite(hours).mean()
            shown += f"  {detector:>4} {share:>5.1f} @{np.median(hours):>6.1f} ({late:>5.1f})"
        if goal:
            shown += f"  within {goal:g} h: {within(cell.hours['R*'], goal):.0f} growing,"
            shown += f" {within(cell.hours['page'], goal):.0f} page"
        print(f"{cell.kind:16}{shown}")


def rows(name: str, nulls: list[Cell], leaks: list[Cell]) -> Iterator[Row]:
    """The figures with a goal."""
    found = alarms(nulls)
    method = f"{len(nulls[0].hours['page'])} weeks a kind, {name}"
    for kind, goal in (("ordinary", 1), ("warm-up", 10), ("step", 10), ("all", None)):
        hits, runs = found[kind]["page"]
        value = 100 * hits / runs
        yield Row(
            f"false pages, {kind}, {name}", value, "%", "" if goal is None else f"<= {goal}",
            None if goal is None else value <= goal, method,
        )  # fmt: skip
    by_kind = {cell.kind: cell for cell in leaks}
    for shape in ("flat", "diurnal", "per request"):
        for slope, goal_h in WITHIN_H.items():
            cell = by_kind[f"{shape} {slope:g}"]
            both = np.minimum(cell.hours["R*"], cell.hours["page"]).tolist()
            value = within(both, goal_h)
            stated = shape == "flat"
            yield Row(
                f"{cell.kind} %/min found within {goal_h:g} h, {name}", value, "%",
                ">= 95" if stated else "", value >= 95 if stated else None, method,
            )  # fmt: skip


def figures(seed: int, runs: int) -> list[Row]:
    """Run all of it, print both tables, write scoreboard.json; the figures with a goal.

    Args:
        seed: the first one.
        runs: weeks of every kind.
    """
    begun = time.monotonic()
    kept: list[dict[str, object]] = []
    goals: list[Row] = []
    for name, made in GENERATORS.items():
        nulls = list(measured(made, generator.NULLS, seed, runs))
        leaks = list(measured(made, generator.LEAKS, seed, runs))
        print_alarms(name, nulls)
        print_found(name, leaks)
        goals += rows(name, nulls, leaks)
        kept += [_kept(name, cell) for cell in (*nulls, *leaks)]
    told_all = {"seed": seed, "runs": runs, "seconds": time.monotonic() - begun}
    text = json.dumps({**told_all, "cells": kept}, indent=1)
    (HERE / "scoreboard.json").write_text(text + "\n")
    return goals


def main() -> None:
    """Run it alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=FRESH, help="the first seed")
    parser.add_argument("--runs", type=int, default=100, help="weeks of every kind")
    asked = parser.parse_args()
    print()
    for row in figures(asked.seed, asked.runs):
        verdict = {True: "ok", False: "MISSED", None: ""}[row.ok]
        print(f"{row.row:<55} {row.value:>6.1f} {row.unit} {row.goal:<6} {verdict}")


def _kept(name: str, cell: Cell) -> dict[str, object]:
    """A cell as it is written: what was never found has no hours."""
    runs = len(cell.hours["page"])
    return {
        "generator": name, "kind": cell.kind, "captures": cell.captures, "weeks": cell.weeks,
        "detectors": {
            detector: {
                "alarmed": (hits := _alarmed(hours)[0]), "runs": runs,
                "below": upper(hits, runs),
                "median_hours": _finite(float(np.median(hours))),
                "p95_hours": _finite(float(np.quantile(hours, 0.95, method="lower"))),
            }
            for detector, hours in cell.hours.items()
        },
    }  # fmt: skip


def _finite(hours: float) -> float | None:
    return hours if np.isfinite(hours) else None


if __name__ == "__main__":
    main()
