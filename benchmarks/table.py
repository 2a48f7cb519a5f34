"""How every benchmark reports: rows with a goal, printed as a table and kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        row: what was measured.
        goal: as people read it: ``< 100``; empty for a figure without one.
        ok: the goal is met; None without a goal.
        method: how it was measured, so that anybody can repeat it.
    """

    row: str
    value: float
    unit: str
    goal: str
    ok: bool | None
    method: str


def report(name: str, rows: list[Row]) -> None:
    """Print the table and write benchmarks/NAME/latest.json."""
    width = max(len(row.row) for row in rows)
    for row in rows:
        verdict = {True: "ok", False: "MISSED", None: ""}[row.ok]
        print(f"{row.row:<{width}}  {row.value:>12,.3f} {row.unit:<8} {row.goal:<10} {verdict}")
    target = Path(__file__).parent / name / "latest.json"
    target.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    print(f"\nwritten to benchmarks/{name}/latest.json")
