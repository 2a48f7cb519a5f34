"""What to type after ``heapwise fix``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from heapwise.cli.fix_options import FixOptions
from heapwise.cli.verify_options import MOST_ROUNDS
from heapwise.fix.patches import Patches
from heapwise.fix.session import Outcome


class Typed(NamedTuple):
    """What was typed this time."""

    recording: Path
    source: Path
    options: FixOptions

    @property
    def name(self) -> str:
        """The recording, for a shell."""
        return shlex.quote(str(self.recording))

    @property
    def is_profile(self) -> bool:
        """It is a profile alone, whose load nobody knows."""
        return self.recording.is_file()

    @property
    def again(self) -> str:
        """The same command for the same findings, to be applied, and proved if there is a load."""
        only, numbers = self.options["only"], self.options["finding"]
        words = [str(self.recording), str(self.source)]
        words += ["--only", only] if only else []
        words += [word for number in numbers for word in ("--finding", str(number))]
        words += ["--apply"] if self.is_profile else ["--apply", "--verify"]
        return shlex.join(["heapwise", "fix", *words])


def next_of(typed: Typed, patches: Patches, outcome: Outcome | None) -> str:
    """The next command.

    Args:
        typed: this time.
        patches: that were made.
        outcome: what became of them; None where nothing was written.
    """
    if not patches.made:
        codes = [each.finding.code for each in patches.proposals]
        return f"heapwise explain {codes[0]}" if codes else f"heapwise top {typed.name}"
    return typed.again if outcome is None else _after(typed, patches, outcome)


def _after(typed: Typed, patches: Patches, outcome: Outcome) -> str:
    """After patches were written: keep what gained, or find out why it did not."""
    proved = [proof for proof in outcome.proofs if proof.gained]
    if proved:
        return f"heapwise gate {shlex.quote(proved[-1].directory)}"
    if not all(proof.decided for proof in outcome.proofs):
        return f"{typed.again} --rounds {min(2 * typed.options['rounds'], MOST_ROUNDS)}"
    if outcome.proofs and len(outcome.proofs[0].numbers) > 1:
        return f"{typed.again} --one-by-one"
    if outcome.applied and not typed.is_profile:
        return f"heapwise verify --like {typed.name} --new COMMAND"
    return f"heapwise explain {patches.made[0].finding.code}"
