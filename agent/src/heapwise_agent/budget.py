"""How often something expensive may be done."""

from __future__ import annotations

import time
from collections.abc import Callable


class TokenBucket:
    """A bucket of tokens that fills at a steady rate.

    Args:
        burst: how many it holds, and holds at first.
        per_second: how fast it fills.
        clock: seconds.
    """

    def __init__(
        self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._rate = per_second
        self._clock = clock
        self._level = burst
        self._at = clock()

    def take(self) -> float:
        """Take one token: 0.0; or the seconds until there will be one."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._at) * self._rate)
        self._at = now
        if self._level >= 1:
            self._level -= 1
            return 0.0
        return (1 - self._level) / self._rate
