"""Lookouts, whose thread says when there is news."""

from __future__ import annotations

import time

from heapwise.watch.discovery import Discovered
from heapwise.watch.lookout import Lookout


def news_of(lookout: Lookout) -> Discovered:
    """What it has to say next."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        found = lookout.news()
        if found is not None:
            return found
        time.sleep(0.001)
    raise TimeoutError("no news")
