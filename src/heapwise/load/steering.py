"""What a running load can be told in one line, and what it answers in one.

``rate 500/s`` sends what is left at that rate, ``status`` tells how far it is, ``stop`` ends it
early. Every answer begins with ``ok`` or ``error``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Protocol

import numpy as np

from heapwise.errors import UsageError
from heapwise.formats.rates import describe, parse_rate
from heapwise.load.schedule import MAX_HITS
from heapwise.model.load import Hits, Outcome
from heapwise.model.schedules import Schedule
from heapwise.units import NS_PER_S, format_count, format_duration, format_rate

MAX_LINE = 200
"""Bytes of a line, and characters of an answer that repeat it."""

Answer = Callable[[str], str]
"""Takes a line without its newline, returns the answer without one."""


class Source(Protocol):
    """Where lines come from."""

    def poll(self, answer: Answer) -> None:
        """Answer what has come since, without waiting."""
        ...


class Steering:
    """Between those who steer a load and the driver that sends it.

    Args:
        schedule: that is followed until somebody changes the rate.
        interrupted: true once somebody else has ended the load.
        sources: asked for lines whenever the driver asks `stopped`.
    """

    def __init__(
        self, schedule: Schedule, interrupted: Callable[[], bool], sources: Sequence[Source] = ()
    ) -> None:
        self._duration = schedule.duration_ns
        self._interrupted = interrupted
        self._stopped = False
        self._sources = sources
        self._wanted: Fraction | None = None
        self._rate = describe(schedule)
        self._step = ""
        self._began = time.monotonic_ns()
        self._ended = self._failed = 0

    def begin(self, step: str) -> None:
        """A phase begins: counts and time start anew."""
        self._step, self._began = step, time.monotonic_ns()
        self._ended = self._failed = 0

    def see(self, hits: Hits) -> None:
        """Take hits that have ended, for ``status``."""
        self._ended += len(hits)
        self._failed += int(np.count_nonzero(hits.outcome != Outcome.OK))

    def stopped(self) -> bool:
        """True once somebody said stop; hears the sources first."""
        for source in self._sources:
            source.poll(self.answer)
        return self._stopped or self._interrupted()

    def new_rate(self) -> Fraction | None:
        """The rate somebody asked for last, once."""
        wanted, self._wanted = self._wanted, None
        return wanted

    def answer(self, line: str) -> str:
        """Do what a line says."""
        match line.split():
            case ["rate", text]:
                return self._set_rate(text)
            case ["status"]:
                return self._status()
            case ["stop"]:
                self._stopped = True
                return "ok stopping"
            case _:
                return f"error: not a command: {line[:40]!r}; there is rate N[/TIME], status, stop"

    def _set_rate(self, text: str) -> str:
        try:
            rate = parse_rate(text)
        except UsageError as error:
            return f"error: {error}"
        if rate * self._duration > MAX_HITS * NS_PER_S:
            return f"error: {format_rate(float(rate))} makes more than {MAX_HITS:,} requests"
        self._wanted, self._rate = rate, format_rate(float(rate))
        return f"ok {self._rate} from now on"

    def _status(self) -> str:
        elapsed = format_duration(time.monotonic_ns() - self._began)
        parts = [
            f"ok {self._step}: {elapsed} of {format_duration(self._duration)}",
            self._rate,
            f"{format_count(self._ended)} requests ended",
        ]
        if self._failed:
            parts.append(f"{format_count(self._failed)} failed")
        return ", ".join(parts)
