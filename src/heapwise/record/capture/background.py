"""Work in a thread of its own that somebody waits for."""

from __future__ import annotations

from collections.abc import Callable

from heapwise.record.worker import Worker

_ASK_STOP_S = 0.05


class Background:
    """Runs ``work`` beside everything else.

    Args:
        work: to do; what it raises, `wait` raises.
        cancel: makes ``work`` return soon; called from another thread, maybe many times.
    """

    def __init__(self, work: Callable[[], None], cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._worker = Worker(work, "heapwise-capture")
        self._worker.start()

    @property
    def running(self) -> bool:
        """True until the work is done."""
        return self._worker.running

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Wait until it is done, cancelling it once ``stopped``.

        It is told more than once: the first time it may not have begun what is to be cancelled.
        """
        while self.running:
            if stopped():
                self._cancel()
            self._worker.join(_ASK_STOP_S)
        self._worker.raise_failure()
