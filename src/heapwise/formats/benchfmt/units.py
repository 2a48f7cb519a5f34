"""Units of benchmarks: brought to base units, and what they count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from heapwise.model.bench import Better, UnitFact

_PART = re.compile(r"[^*/\-\s]+|[*/]")
_BASE = {"ns": ("sec", 1e9, False), "MB": ("B", 1e6, True)}
"""Prefixed units, what they become, by how much, and whether that multiplies."""

_BETTER: dict[str, Better] = {
    "sec/op": "lower",
    "B/op": "lower",
    "allocs/op": "lower",
    "B/s": "higher",
}


class _Part(NamedTuple):
    text: str
    start: int
    below: bool  # in the denominator


def tidy(value: float, unit: str) -> tuple[float, str]:
    """A value in base units: ``ns`` becomes ``sec`` and ``MB`` becomes ``B``, as in benchstat.

    Only above the line: ``B/ns`` stays as it is.
    """
    factor, tidied = 1.0, unit
    if "ns" in unit or "MB" in unit:
        for part in reversed(list(_parts(unit))):
            if part.text in _BASE and not part.below:
                base, size, multiplies = _BASE[part.text]
                factor = factor * size if multiplies else factor / size
                tidied = tidied[: part.start] + base + tidied[part.start + len(part.text) :]
    return value * factor, tidied


def is_binary(unit: str) -> bool:
    """True for units that count bytes, which print as Ki, Mi and Gi."""
    return any(part.text in {"B", "MB", "bytes"} and not part.below for part in _parts(unit))


def is_exact(unit: str, facts: tuple[UnitFact, ...]) -> bool:
    """True for a unit of which a file says that it does not vary."""
    return _said(unit, "assume", facts) == "exact"


def better_side(unit: str, facts: tuple[UnitFact, ...]) -> Better:
    """Which side of a unit is better: what its file says, else what is known of Go's own."""
    match _said(unit, "better", facts):
        case None:
            return _BETTER.get(tidy(1, unit)[1], "")
        case "higher":
            return "higher"
        case "lower":
            return "lower"
        case _:
            return ""


def _said(unit: str, key: str, facts: tuple[UnitFact, ...]) -> str | None:
    """A fact about a unit; one of 0 ns/op is still in its own, since 0 is 0 in any."""
    base = tidy(1, unit)[1]
    return next((fact.value for fact in facts if (fact.unit, fact.key) == (base, key)), None)


def _parts(unit: str) -> Iterator[_Part]:
    below = False
    for found in _PART.finditer(unit):
        if found[0] in "*/":
            below = found[0] == "/"
        else:
            yield _Part(found[0], found.start(), below)
