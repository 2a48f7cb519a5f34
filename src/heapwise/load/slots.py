"""Who may send next: the connection cap as an account of free slots.

A hit that finds no slot free keeps its intended time and waits; hits are due in order, so the
queue is nothing but the indices between the next unsent one and the last that is due. The waiting
belongs to the response time; what the generator itself adds comes after `ready`.
"""

from __future__ import annotations

from collections import deque


class Slots:
    """Free slots and since when each has been free.

    Args:
        cap: connections at once, 0 for no cap of ours.
    """

    def __init__(self, cap: int) -> None:
        self._free_since = deque([0] * cap) if cap else None

    def any_free(self) -> bool:
        """True where a hit may be sent now."""
        return self._free_since is None or bool(self._free_since)

    def take(self, intended_ns: int) -> int:
        """Take the slot that has been free longest.

        Returns:
            when the hit was both due and had a slot.
        """
        if self._free_since is None:
            return intended_ns
        return max(intended_ns, self._free_since.popleft())

    def give_back(self, now_ns: int) -> None:
        """A transfer ended."""
        if self._free_since is not None:
            self._free_since.append(now_ns)
