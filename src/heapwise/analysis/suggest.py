"""What a profile does hold, for the user whose filter matched nothing in it."""

from __future__ import annotations

import numpy as np

from heapwise.analysis.aggregate import weigh
from heapwise.model.profile import Profile

_MOST_NAMED = 5


def what_there_is(flag: str, profile: Profile, sample_type: str) -> str:
    """A clause that names what the flag could have matched: labels, or the heaviest functions."""
    return _labels(profile) if flag.startswith("tag") else heaviest(profile, sample_type)


def heaviest(profile: Profile, sample_type: str) -> str:
    """A clause that names the functions with the most cumulative weight."""
    weighed = weigh(profile, sample_type)
    there = np.flatnonzero(weighed.cum != 0).tolist()
    order = sorted(there, key=lambda node: -abs(int(weighed.cum[node])))
    names = [weighed.nodes.names[node].decode("utf-8", "replace") for node in order[:_MOST_NAMED]]
    return (
        f"the heaviest functions are {', '.join(names)}" if names else "no function has any weight"
    )


def _labels(profile: Profile) -> str:
    """The labels of a profile, each with one of its values."""
    _, first = np.unique(profile.labels["key"], return_index=True)
    text = profile.strings.text
    shown = [
        f"{text(key)}={text(value) if value else number}"
        for key, value, number, _ in profile.labels[np.sort(first)[:_MOST_NAMED]].tolist()
    ]
    return f"there are labels such as {', '.join(shown)}" if shown else "its samples have no labels"
