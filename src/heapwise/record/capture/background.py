"""Work in a thread of its own that somebody waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable

_ASK_STOP_S = 0.05


class Background:
    """Runs ``work`` beside everything else.

    Args:
        work: to do; what it raises, `wait` raises.
        cancel: makes ``work`` return soon; called from another thread, maybe many times.
    """

    def __init__(self, work: Callable[[], None], cancel: Callable[[], None]) -> None:
        self._work = work
        self._cancel = cancel
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="heapwise-capture", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """True until the work is done."""
        return self._thread.is_alive()

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Wait until it is done, cancelling it once ``stopped``.

        It is told more than once: the first time it may not have begun what is to be cancelled.
        """
        while self.running:
            if stopped():
                self._cancel()
            self._thread.join(_ASK_STOP_S)
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - re-raised where it is waited for
            self._failure = error
