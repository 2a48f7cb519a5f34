"""The rounds of a verification, read again for whoever judges them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from heapwise.errors import RecordingError
from heapwise.model.report import RunReport
from heapwise.model.verify import BASE, NEW, VerifyState
from heapwise.record.analyse import analyse
from heapwise.record.store import load
from heapwise.verify.journal import read_report, read_state
from heapwise.verify.round_validity import counted, whole_rounds
from heapwise.verify.stopping import alpha_of


class Sides(NamedTuple):
    """A report a round, and how the rounds were made.

    Attributes:
        alpha: that a comparison of them may spend; less where they were looked at before.
    """

    bases: tuple[RunReport, ...]
    news: tuple[RunReport, ...]
    state: VerifyState
    alpha: float

    def label(self, name: str) -> str:
        """What the verification calls a side."""
        return next(side.label for side in self.state.sides if side.name == name)


def recorded_rounds(paths: Iterable[Path]) -> tuple[list[RunReport], list[str]]:
    """The rounds of one side from recordings, and the fingerprint of each one's machine.

    Raises:
        RecordingError: one cannot be read.
    """
    reports, machines = [], []
    for path in paths:
        recording = load(path)
        reports.append(analyse(recording, place=str(path)))
        machines.append(recording.manifest.machine.fingerprint)
    return reports, machines


def measured_sides(directory: Path) -> Sides:
    """Both sides of a verification, of the rounds that both have run.

    Raises:
        RecordingError: it cannot be read, or has no whole round.
    """
    state = read_state(directory)
    kept = whole_rounds(counted(state.attempts), (BASE, NEW))
    if not kept:
        raise RecordingError(
            f"{directory} has no round of both sides",
            hint=f"go on with it: heapwise verify --resume {directory}",
        )
    bases, news = (
        tuple(read_report(directory, each.recording) for each in kept if each.side == side)
        for side in (BASE, NEW)
    )
    return Sides(bases, news, state, alpha_of(state.settings, len(bases)))
