"""HW908, unbounded-cache: keys that never repeat."""

from __future__ import annotations

import gc
from functools import lru_cache

WHAT = {"": "look up 20,000 keys that never repeat, with the collector on"}


def _loaded(key: str) -> dict[str, object]:
    return {"key": key, "values": [key]}


def _looked_up(limit: int | None) -> int:
    profile = lru_cache(maxsize=limit)(_loaded)
    was_on = gc.isenabled()
    gc.enable()  # measurements switch it off
    try:
        for each in range(20_000):
            profile(f"user-{each}")
    finally:
        if not was_on:
            gc.disable()
    return profile.cache_info().misses


def before() -> int:
    """Keep everything."""
    return _looked_up(None)


def after() -> int:
    """Keep the last 1,024."""
    return _looked_up(1024)


CASES = {"": (before, after)}
