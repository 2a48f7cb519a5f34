"""Settings of the collector, and a clock for what it takes."""

from __future__ import annotations

import gc
import time
from typing import Literal

SETTINGS = ("default", "threshold", "frozen", "frozen-threshold")


def settle(how: str) -> None:
    """Set the collector up, once what stays is loaded; it holds no garbage to collect before."""
    if how.startswith("frozen"):
        gc.freeze()
    if how.endswith("threshold"):
        gc.set_threshold(50_000, 20, 100)


class Clock:
    """Adds up what collections take, as the collector itself reports them.

    Attributes:
        seconds: of all collections since `start`.
        longest: of one.
        count: of collections.
    """

    def __init__(self) -> None:
        self.seconds = self.longest = self._began = 0.0
        self.count = 0

    def start(self) -> None:
        """Begin to listen."""
        gc.callbacks.append(self._listen)

    def stop(self) -> None:
        """Listen no more."""
        gc.callbacks.remove(self._listen)

    def _listen(self, phase: Literal["start", "stop"], _info: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "start":
            self._began = now
            return
        self.count += 1
        self.seconds += now - self._began
        self.longest = max(self.longest, now - self._began)
