"""A bench: one way to run a variant of a lab and to see what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from heapwise.lab.counter import NOT_COUNTED, Counted
from heapwise.lab.oracles import Seen
from heapwise.lab.spec import Exit
from heapwise.model.lab import LabCheck
from heapwise.model.report import RunReport
from heapwise.record.session import Progress

Notify = Callable[[str, Progress], None]
"""Told the variant and where its run stands."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One variant's run.

    Attributes:
        recording: where it lies.
        seen: what it answered, for the oracle and the guard.
        checks: what is judged by the run alone.
        scale: how much it was given; variants of one scale came to the same result.
        counted: a service's own counts.
        ended: how it ended.
    """

    name: str
    recording: Path
    report: RunReport
    seen: Seen
    checks: tuple[LabCheck, ...]
    scale: int = 0
    counted: Counted = NOT_COUNTED
    ended: Exit = Exit.OK


class Bench(Protocol):
    """Runs the variants of a lab, each as the others."""

    @property
    def told(self) -> str:
        """What every variant is given, in a line."""
        ...

    def record(self, name: str, path: Path, *, force: bool, notify: Notify) -> Trial:
        """Run a variant to its end, record it at ``path``, and analyse what was recorded.

        Raises:
            ServiceError: it does not start or cannot be measured.
            Interrupted: stopped by the user; what was recorded is kept.
        """
        ...
