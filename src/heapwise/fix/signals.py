"""Ctrl-C, and its like, while source is being changed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupting() -> Iterator[None]:
    """Make every signal that ends a program a KeyboardInterrupt, so that what was begun is undone.

    What the user lets pass, as nohup does with SIGHUP, goes on passing.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled(handle):
        yield


@contextmanager
def held_back() -> Iterator[None]:
    """Let no signal come between steps of which all have to be made, or none; then let it come."""
    came: list[int] = []
    with _handled(lambda number, _frame: came.append(number)):
        yield
    for number in came[:1]:
        signal.raise_signal(number)


@contextmanager
def _handled(handle: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # Python allows no handlers
        yield
        return
    heeded = [each for each in _ENDING if signal.getsignal(each) != signal.SIG_IGN]
    earlier = {each: signal.signal(each, handle) for each in heeded}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
