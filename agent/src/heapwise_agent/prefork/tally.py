"""What each process said last, and what those said that have ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

from heapwise_agent.prefork.registry import Key

T = TypeVar("T")


class Tally(Generic[T]):
    """A figure of a service whose processes come and go. Not for use from two threads at once.

    A process that is there and does not answer counts with what it said last; one that has ended,
    with what remains of that for good. So totals only grow.

    Args:
        add: several into one.
        ended: what remains of one when its process has ended.
    """

    def __init__(self, add: Callable[[Sequence[T]], T], ended: Callable[[T], T]) -> None:
        self._add = add
        self._ended = ended
        self._last: dict[Key, T] = {}
        self._farewells: dict[Key, T] = {}
        self._past: T | None = None

    def hear(self, key: Key, value: T) -> None:
        """What a process says last; it counts once the process is not there any more."""
        self._farewells[key] = value

    def update(self, said: Mapping[Key, T], there: Collection[Key]) -> T:
        """The figure now.

        Args:
            said: by those that answered; the first of them says what cannot be added up.
            there: every process that has not ended.
        """
        last = self._last | self._farewells
        for key in last.keys() - set(there):
            ended = self._ended(last[key])
            self._past = ended if self._past is None else self._add([self._past, ended])
            self._last.pop(key, None)
            self._farewells.pop(key, None)
        self._last.update(said)
        silent = [value for key, value in self._last.items() if key not in said]
        past = [] if self._past is None else [self._past]
        return self._add([*said.values(), *silent, *past])
