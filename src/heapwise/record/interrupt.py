"""Ctrl-C once finishes the run in order, twice quits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signal(
    announce: Callable[[str], None], worth_finishing: Callable[[], bool] = lambda: True
) -> Iterator[threading.Event]:
    """Turn the first SIGINT or SIGTERM into an event; the second raises KeyboardInterrupt.

    Outside the main thread, where Python allows no handlers, the event is simply never set.

    Args:
        announce: told once, when the first signal arrives.
        worth_finishing: asked then; where it says no, the first signal quits like the second.
    """
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set() or not worth_finishing():
            raise KeyboardInterrupt
        stop.set()
        announce("finishing the run; press Ctrl-C again to quit at once")

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    earlier = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
