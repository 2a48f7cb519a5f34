"""How much of a trace heapwise is willing to hold at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond these a trace counts as damaged; what came before is still read.

    Attributes:
        generation: bytes that one generation takes, or a whole trace before Go 1.22.
        generations: in a trace. There is one a second, and each costs a millisecond, even if it is
            of a dozen bytes.
        entries: threads, processors, goroutines alive at once, and strings of a generation.
        events: that come in one piece; a generation with more comes in several.
    """

    generation: int = 512 << 20
    generations: int = 20_000
    entries: int = 2_000_000
    events: int = 1 << 18


LIMITS = Limits()
"""What is read unless the user asks for more."""
