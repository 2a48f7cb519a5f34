"""A thread whose failure is not lost: whoever waits for it gets it."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Worker:
    """Runs ``work`` in a thread of its own, which does not keep the program alive.

    Args:
        work: to do, once.
        name: of the thread.
    """

    def __init__(self, work: Callable[[], None], name: str) -> None:
        self._work = work
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """True until the work is done."""
        return self._thread.is_alive()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until the work is done, or for so long."""
        self._thread.join(timeout_s)

    def raise_failure(self) -> None:
        """Raise what the work raised, once; nothing where it succeeded."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._failure = error
