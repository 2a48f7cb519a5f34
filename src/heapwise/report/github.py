"""A gate's answer as commands of GitHub's job log, which become notes beside the code."""

from __future__ import annotations

from heapwise.model.gate import GateCheck, GateResult, Outcome
from heapwise.names import visible

SHOWN = 10
"""Notes of one kind that a step shows; the worst come first."""


def render_annotations(result: GateResult) -> str:
    """One line a failed or undecided budget; empty where all passed."""
    lines = [_line("error", check) for check in _some(result, Outcome.FAILED)]
    level = "error" if result.strict else "warning"
    lines += [_line(level, check) for check in _some(result, Outcome.UNDECIDED)]
    return "\n".join(lines)


def _some(result: GateResult, outcome: Outcome) -> list[GateCheck]:
    return [check for check in result.checks if check.outcome is outcome][:SHOWN]


def _line(level: str, check: GateCheck) -> str:
    title = _property(f"heapwise: {check.budget}")
    where = f" (heaviest: {check.where})" if check.where else ""
    return f"::{level} title={title}::{_message(f'{check.name}: {check.why}{where}')}"


def _message(text: str) -> str:
    """A text that stays on its line; ``%`` begins an escape there."""
    return visible(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
