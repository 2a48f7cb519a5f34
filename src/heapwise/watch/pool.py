"""Threads that ask targets, so that one that hangs holds up nobody but its thread."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Self

from heapwise.errors import HeapwiseError
from heapwise.model.watch import Vitals
from heapwise.watch.stumbles import stumbled

MOST_THREADS = 64
"""A target that hangs takes a thread for one deadline (10 s) in every four intervals (60 s): so
many threads bear some hundred of those beside any number of healthy ones."""


class Outcome(NamedTuple):
    """What came of asking a target.

    Attributes:
        key: of the target.
        took_ns: how long it took.
        vitals: what it said; None where that was nothing of use.
        problem: why not.
    """

    key: str
    took_ns: int
    vitals: Vitals | None
    problem: HeapwiseError | None


class Pool:
    """As many threads as there are targets to be asked at once, at most `MOST_THREADS`.

    A context manager. Who is being asked when it is left is not waited for.
    """

    def __init__(self, most: int = MOST_THREADS) -> None:
        self._most = most
        self._wanted: queue.SimpleQueue[tuple[str, Callable[[], Vitals]] | None] = (
            queue.SimpleQueue()
        )
        self._done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._threads = 0
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in range(self._threads):
            self._wanted.put(None)

    @property
    def asked(self) -> int:
        """Targets that are being asked, or wait for a thread."""
        return self._asked

    @property
    def room(self) -> int:
        """How many more can be asked at once."""
        return max(0, self._most - self._asked)

    def ask(self, key: str, scrape: Callable[[], Vitals]) -> None:
        """Ask a target as soon as a thread is free."""
        self._asked += 1
        if self._asked > self._threads < self._most:
            name = f"heapwise-scrape-{self._threads}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
            self._threads += 1
        self._wanted.put((key, scrape))

    def outcome(self, wait_s: float) -> Outcome | None:
        """The next answer; None if none comes within so many seconds."""
        try:
            found = self._done.get(timeout=max(0.0, wait_s))
        except queue.Empty:
            return None
        self._asked -= 1
        return found

    def _work(self) -> None:
        while (wanted := self._wanted.get()) is not None:
            self._done.put(_ask(*wanted))


def _ask(key: str, scrape: Callable[[], Vitals]) -> Outcome:
    began = time.monotonic_ns()
    vitals, problem = None, None
    try:
        vitals = scrape()
    except HeapwiseError as error:
        problem = error
    except Exception as error:  # noqa: BLE001 - what a target makes us stumble over costs only itself
        problem = stumbled(error)
    return Outcome(key, time.monotonic_ns() - began, vitals, problem)
