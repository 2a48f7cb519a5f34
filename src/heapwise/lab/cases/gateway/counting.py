"""What the gateway counts about itself, by other means than the agent's.

Answers are counted by the gateway, collections by the collector's own call-backs, with the time
that each stopped the process.
"""

from __future__ import annotations

import gc
import time
from typing import Literal


class Counter:
    """Counts since the gateway started.

    Attributes:
        requests: answered on the route under load.
        collections: of all generations.
        paused_ns: all of them together.
        longest_ns: the longest.
    """

    def __init__(self) -> None:
        self.requests = self.collections = self.paused_ns = self.longest_ns = 0
        self._began = 0
        gc.callbacks.append(self._see)

    def read(self) -> dict[str, int]:
        """The counts, as ``/stats`` tells them."""
        return {
            "requests": self.requests,
            "num_gc": self.collections,
            "paused_ns": self.paused_ns,
            "longest_ns": self.longest_ns,
        }

    def _see(self, phase: Literal["start", "stop"], _info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter_ns()
            return
        paused = time.perf_counter_ns() - self._began
        self.collections += 1
        self.paused_ns += paused
        self.longest_ns = max(self.longest_ns, paused)
