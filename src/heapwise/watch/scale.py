"""How long the detectors' hours are: minutes, for a job that lives for one."""

from __future__ import annotations

from dataclasses import dataclass

from heapwise.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class Scale:
    """Every length of time that a detector waits for, by one factor.

    Attributes:
        factor: 1 where hours are hours, 1/60 where they are minutes.
    """

    factor: float = 1.0

    def ns(self, *, hours: float = 0.0, minutes: float = 0.0, seconds: float = 0.0) -> int:
        """A length of time, scaled, ns; at least one."""
        length_s = 3600 * hours + 60 * minutes + seconds
        return max(1, round(length_s * self.factor * NS_PER_S))


UNSCALED = Scale()
"""Hours are hours."""
