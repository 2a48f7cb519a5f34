"""The captures of one kind that stand for a service, and what they show together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from heapwise.analysis.growth.evidence import Evidence, Says
from heapwise.model.finding import Finding
from heapwise.model.watch import Captured, Target
from heapwise.watch.capture.held import Held
from heapwise.watch.capture.series import Series

TOO_LITTLE = Evidence(Says.TOO_LITTLE)


@dataclass(frozen=True, slots=True)
class Point:
    """What a process held when a profile was taken.

    Attributes:
        captured: the profile.
        held: by call path.
        floor: the least live heap of the minutes before, bytes; None where nobody tells.
        load: units of work, or else bytes allocated, a second in them; None likewise.
    """

    captured: Captured
    held: Held
    floor: float | None = None
    load: float | None = None


@dataclass(slots=True)
class Line:
    """One instance is captured; the others of the same service and build show the same.

    Attributes:
        target: which instance.
        series: what is taken when.
        alerts: which want it, each with its target.
        captures: taken so far.
        points: of those that can be compared.
        evidence: what the points show.
        findings: what `diagnose` says.
        files: of the captures that can be read, by id.
    """

    diagnosed_at: ClassVar[frozenset[int]] = frozenset({1, 3})
    """Heap profiles after which it is diagnosed: what there is at once, and what was made between
    the first and one that lies well behind it."""

    target: Target
    series: Series
    alerts: dict[str, str] = field(default_factory=dict)
    captures: list[Captured] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    evidence: Evidence = TOO_LITTLE
    findings: tuple[Finding, ...] = ()
    files: dict[int, Path] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[Point, Point]:
        """The first and the last that can be compared."""
        return self.points[0], self.points[-1]
