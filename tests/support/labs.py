"""A lab of our own for tests, and somebody who watches it run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from heapwise.lab.library import Case
from heapwise.lab.spec import load_spec
from heapwise.model.lab import VariantResult
from heapwise.record.session import Progress

TALLY = Path(__file__).parents[1] / "data" / "lab-tally"


def tally(directory: Path = TALLY) -> Case:
    """The lab that adds up numbers, or a copy of it."""
    return Case("tally", directory, load_spec(directory / "lab.toml"))


def silent(_text: str) -> None:
    """Tell nobody."""


def running(programs: Path) -> list[str]:
    """The commands of every process of a program, or of what lies in a directory."""
    commands = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_text("utf-8", "replace").replace("\0", " ")
        except OSError:
            continue  # it has just ended
        if command.startswith(str(programs)):
            commands.append(command)
    return commands


@dataclass
class Watcher:
    """Remembers what it was told."""

    announced: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    rungs: list[VariantResult] = field(default_factory=list)

    def announce(self, text: str) -> None:
        """Take a text."""
        self.announced.append(text)

    def see(self, variant: str, progress: Progress) -> None:
        """Take a step."""
        self.steps.append((variant, progress.step))

    def climbed(self, result: VariantResult) -> None:
        """Take a rung."""
        self.rungs.append(result)
