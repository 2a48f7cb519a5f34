"""A terminal as a source of lines for a running load: a rate and Enter changes it."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable

from heapwise.load.steering import MAX_LINE, Answer

_COMMANDS = ("rate", "status", "stop")


class TypedRates:
    """Lines typed on standard input while a load runs.

    Args:
        tell: shows an answer.
        fd: the terminal.
    """

    def __init__(self, tell: Callable[[str], object], fd: int) -> None:
        self._tell = tell
        self._fd = fd
        self._open = True

    def poll(self, answer: Answer) -> None:
        """Answer the lines that were typed since."""
        while self._open and self._ours() and select.select([self._fd], [], [], 0)[0]:
            line = os.read(self._fd, MAX_LINE)  # a terminal hands out whole lines
            self._open = bool(line)
            words = line.decode("ascii", "replace").split()
            if words:
                text = " ".join(words)
                self._tell(answer(text if words[0] in _COMMANDS else f"rate {text}"))

    def _ours(self) -> bool:
        """True in the foreground: in the background, reading from the terminal would stop us."""
        try:
            return os.tcgetpgrp(self._fd) == os.getpgrp()
        except OSError:
            return False


def typed_rates(tell: Callable[[str], object]) -> TypedRates | None:
    """The terminal on standard input; None where there is none."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return None
    return TypedRates(tell, sys.stdin.fileno())
