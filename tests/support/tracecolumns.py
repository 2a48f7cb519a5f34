"""Generations of an execution trace written by hand, an event a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from heapwise.model.exectrace import (
    EventKind,
    Events,
    Generation,
    TraceDamage,
    TraceFrame,
)

Row = tuple[int, EventKind, dict[str, int | str]]


@dataclass
class Script:
    """Collects events; strings and functions become ids that differ between generations.

    Attributes:
        first_id: the first id handed out.
    """

    first_id: int = 1
    rows: list[list[int]] = field(default_factory=list)
    strings: dict[int, str] = field(default_factory=dict)
    stacks: dict[int, tuple[TraceFrame, ...]] = field(default_factory=dict)

    def string(self, text: str) -> int:
        """The id of a string."""
        for number, known in self.strings.items():
            if known == text:
                return number
        number = self.first_id + len(self.strings)
        self.strings[number] = text
        return number

    def stack(self, *functions: str) -> int:
        """The id of a stack, leaf first."""
        number = self.first_id + len(self.stacks)
        self.stacks[number] = tuple(TraceFrame(name, "main.go", 1) for name in functions)
        return number

    def at(self, time: int, kind: EventKind, g: int = -1, **columns: int | str) -> None:
        """One event: ``a``, ``b`` and ``c`` may be text, which becomes a string's id."""
        given = {
            name: self.string(value) if isinstance(value, str) else value
            for name, value in columns.items()
        }
        order = {"proc": -1, "stack": 0, "a": 0, "b": 0, "c": 0} | given
        self.rows.append([time, int(kind), 1, order["proc"], g, *list(order.values())[1:]])

    def generation(self, number: int = 1) -> Generation:
        """What was collected."""
        columns = np.array(self.rows, np.int64).reshape(-1, len(Events.columns()))
        return Generation(
            number=number,
            events=Events(*columns.T.copy()),
            strings=self.strings,
            stacks=self.stacks,
            clock=None,
            size=10 * len(self.rows),
        )


@dataclass
class Stream:
    """Generations with what a reader says of their trace."""

    generations: Sequence[Generation]
    version: str = "go 1.26"
    damage: TraceDamage | None = None

    @property
    def size(self) -> int:
        return sum(generation.size for generation in self.generations)

    def __iter__(self) -> Iterator[Generation]:
        return iter(self.generations)


def stream(*scripts: Script) -> Stream:
    """A trace of one generation per script."""
    return Stream([script.generation(number) for number, script in enumerate(scripts, 1)])
