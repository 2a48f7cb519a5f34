"""Two runs side by side."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from heapwise.model.recording import Problem


class Verdict(StrEnum):
    """What a row says. Prints as the word, and ``~`` for undecided."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    CHANGED = "changed"
    """Different, on a metric that has no better side."""
    UNDECIDED = "~"
    """A single run of each cannot tell."""
    INVALID = "invalid"
    """One side must not be trusted."""


class ComparisonRow(msgspec.Struct, frozen=True, kw_only=True):
    """One metric before and after.

    Attributes:
        metric: `Metric.id`.
        name: as printed: ``B/req``.
        unit: of the values.
        before: None where it was not measured.
        after: None where it was not measured.
        delta: relative change, -0.5 for halved; None where before is 0 or missing.
        verdict: see `Verdict`.
        why: for ``~`` and invalid, the reason in a few words.
    """

    metric: str
    name: str
    unit: str
    before: float | None
    after: float | None
    delta: float | None
    verdict: Verdict
    why: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Every metric of two runs, in the catalogue's order.

    Attributes:
        problems: differences that make the two hard to compare: machine, toolchain, load.
        gone: codes and places of findings that only *before* has.
        new: those that only *after* has.
    """

    before: str
    after: str
    work_unit: str
    rows: tuple[ComparisonRow, ...]
    problems: tuple[Problem, ...] = ()
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
