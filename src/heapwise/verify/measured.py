"""The rounds of a verification, read again for whoever judges them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from heapwise.errors import RecordingError
from heapwise.model.report import RunReport
from heapwise.model.verify import BASE, NEW, VerifyState
from heapwise.verify.journal import read_report, read_state
from heapwise.verify.round_validity import counted
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


def sides_of(directory: Path) -> Sides:
    """Both sides of a verification, of the rounds that both have run.

    Raises:
        RecordingError: it cannot be read, or has no whole round.
    """
    state = read_state(directory)
    rounds: dict[str, dict[int, str]] = {BASE: {}, NEW: {}}
    for attempt in counted(state.attempts):
        if attempt.side in rounds:
            rounds[attempt.side][attempt.round] = attempt.recording
    both = sorted(rounds[BASE].keys() & rounds[NEW].keys())
    if not both:
        raise RecordingError(
            f"{directory} has no round of both sides",
            hint=f"go on with it: heapwise verify --resume {directory}",
        )
    bases, news = (
        tuple(read_report(directory, rounds[side][number]) for number in both)
        for side in (BASE, NEW)
    )
    return Sides(bases, news, state, alpha_of(state.settings, len(both)))
