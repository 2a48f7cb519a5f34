"""Writes what was seen, once an interval; forgets what is old; says when the disk is full."""

from __future__ import annotations

from collections.abc import Callable

from heapwise.model.watch import Severity, Sign
from heapwise.watch.clock import Clock
from heapwise.watch.config import Config
from heapwise.watch.dispatch import Dispatch
from heapwise.watch.itself import itself
from heapwise.watch.store import Store, StoreFull
from heapwise.watch.store.archive.sealing import Sealer

CODE = "store"

_TIMES = 4
"""A commit in each quarter of an interval: at most so much is lost with the process."""


class Keeping:
    """Looks after the store.

    Args:
        store: that is written.
        config: with the interval, the retention and the archive.
        clock: tells when.
        tell: takes what an operator has to know.
    """

    def __init__(
        self, store: Store, config: Config, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._store = store
        self._retention = config.retention
        self._clock = clock
        self._tell = tell
        self._every_ns = config.watch.every_ns // _TIMES
        self._due_ns = 0
        archive = config.archive.path or config.watch.store / "archive"
        wanted = config.archive.enabled
        self._sealer = Sealer(config.watch.store, archive, tell) if wanted else None

    def step(self, dispatch: Dispatch) -> None:
        """Write and forget, if it is time to; an alert says how that goes."""
        now = self._clock.now_ns()
        if now < self._due_ns:
            return
        self._due_ns = now + self._every_ns
        self._write()
        self._store.forget(self._retention, now)
        problem = self._store.health().problem
        full = Sign(code=CODE, severity=Severity.PAGE, summary=f"nothing is kept: {problem}")
        dispatch.about_itself(itself(), (full,) if problem else (), (CODE,))
        if self._sealer is not None:
            self._sealer.step(now)

    def finish(self) -> None:
        """Write what is left."""
        if self._sealer is not None:
            self._sealer.close()
        self._write()

    def _write(self) -> None:
        try:
            self._store.commit()
        except StoreFull as error:
            self._tell(str(error))
        for line in self._store.told():
            self._tell(line)
