"""What held the slow requests up: the collector, the machine, the load generator, or none of them.

Every slow hit is an interval; every suspect is a set of windows on the same clock. What they share
is compared with what they would share by coincidence, and with the rivals.
"""

from __future__ import annotations

from heapwise.analysis.tail.attribute import attribute_tail

__all__ = ["attribute_tail"]
