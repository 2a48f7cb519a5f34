"""How often what happens in a trace."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from support.exectrace_words import GOAL, Said

LAST_GOAL = "last heap goal in bytes"
_NUMBER = re.compile(r" \d+\b")


def counts(said: Iterable[Said]) -> dict[str, int]:
    """Events by what they say without its numbers, and the last goal of the heap."""
    found: Counter[str] = Counter()
    goal = 0
    for one in said:
        found[_NUMBER.sub("", one.words).rstrip()] += 1
        if one.words.startswith(GOAL):
            goal = int(one.words.split()[1])
    return {**found, LAST_GOAL: goal}
