"""HW912, live-objects-collected-again: batches beside much that stays."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import cache

WHAT = {"": "make 40 batches of 10,000 dicts beside 200,000 that stay"}

_THRESHOLDS = gc.get_threshold()


@cache
def state() -> list[dict[str, object]]:
    """What stays."""
    return [{"id": each, "tags": [each]} for each in range(200_000)]


def _batches() -> int:
    made: list[dict[str, object]] = []
    for _ in range(40):
        made = [{"id": each, "tags": [each]} for each in range(10_000)]
    return len(made)


def _collecting(prepare: Callable[[], None]) -> int:
    """With the collector on, which measurements switch off."""
    state()
    prepare()
    was_on = gc.isenabled()
    gc.enable()
    try:
        return _batches()
    finally:
        if not was_on:
            gc.disable()


def before() -> int:
    """Walk through everything."""
    return _collecting(gc.unfreeze)


def after() -> int:
    """Leave out what stays."""
    return _collecting(gc.freeze)


CASES = {"": (before, after)}
