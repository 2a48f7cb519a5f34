"""What the stream knows of its users: it is loaded before the first message, and stays."""

from __future__ import annotations

import gc
from typing import Any

TIERS = ("free", "basic", "plus", "pro")

Users = dict[int, dict[str, Any]]


def load_users(count: int) -> Users:
    """Make the users 0 to ``count`` - 1: four objects each that the collector walks through."""
    # It is the messages that the lab is about: the collector looks at none of this before them.
    gc.disable()
    users = {
        number: {
            "tier": TIERS[number % len(TIERS)],
            "devices": [number, number + 1],
            "rooms": [number % 7],
            "limits": [0, 1000 + number % 50],
        }
        for number in range(count)
    }
    # Into the oldest generation, where objects are that have been there for long, without a walk.
    gc.freeze()
    gc.unfreeze()
    gc.enable()
    return users
