"""Work that is not a request: rows, files, messages, counted by the program itself."""

from __future__ import annotations

import logging
import os
import threading
from operator import index

log = logging.getLogger("heapwise_agent")

MAX_UNITS = 64
"""Units kept apart; what comes later is counted as ``other``."""

MAX_NAME = 64
"""Characters of a unit's name."""

OTHER = "other"

# Reentrant: a signal handler or a finaliser that counts must not wait for the line it interrupted.
_lock = threading.RLock()
_counts: dict[str, int] = {}
_complained = False


def work(unit: str, n: int = 1) -> None:
    """Count ``n`` more units of work, exactly, from any thread.

    heapwise divides what was allocated by it: bytes per row, per file, per message. It does not
    raise: what cannot be counted is logged once and ignored.

    Args:
        unit: a singular name such as ``row``, ``file``, ``msg``; at most `MAX_UNITS` of them.
        n: how many; not negative.
    """
    if type(n) is not int or n < 0:
        try:
            n = index(n)
        except TypeError:
            n = -1
        if n < 0:
            _complain()
            return
    with _lock:
        try:
            _counts[unit] += n
        except (KeyError, TypeError):
            _first(unit, n)


def counts() -> dict[str, int]:
    """What this process has counted since it began, or since it was forked."""
    with _lock:
        return dict(_counts)


def _first(unit: str, n: int) -> None:
    """Add a unit, while the lock is held; names from data must not fill the memory."""
    if type(unit) is not str or not 0 < len(unit) <= MAX_NAME:
        _complain()
        return
    if len(_counts) >= MAX_UNITS:
        unit = OTHER
    _counts[unit] = _counts.get(unit, 0) + n


def _complain() -> None:
    global _complained  # noqa: PLW0603 - once in a process
    if not _complained:
        _complained = True
        log.warning(
            "heapwise_agent.work() takes a name of 1 to %d characters and a whole number that is"
            " not negative; such calls are not counted",
            MAX_NAME,
        )


def _forget() -> None:
    """In a forked child: what the parent did is the parent's."""
    _counts.clear()
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forget)
