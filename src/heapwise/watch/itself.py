"""The watcher as one of its targets: what it takes of the machine it must be able to say."""

from __future__ import annotations

import os
import platform
import resource
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from heapwise import __version__
from heapwise.model.watch import Floor, Source, Target, Vitals
from heapwise.watch.clock import Clock

SERVICE = "heapwise-watch"

_STATM = Path("/proc/self/statm")


def itself() -> Target:
    """The target that stands for this process."""
    return Target(service=SERVICE, instance=socket.gethostname(), url="")


class Mirror:
    """Tells the vitals of this process, as a scraper tells those of others.

    There is no collector to ask for a floor, so that resident memory is one: the least of five
    minutes, as of any service that tells nothing better.

    Args:
        clock: tells when.
        work: answers taken so far.
    """

    def __init__(self, clock: Clock, work: Callable[[], int]) -> None:
        self._clock = clock
        self._work = work
        self._started_ns = clock.now_ns()

    def scrape(self) -> Vitals:
        """What this process takes now."""
        rss = float(int(_STATM.read_bytes().split()[1]) * resource.getpagesize())
        return Vitals(
            at_ns=self._clock.now_ns(),
            source=Source.AGENT,
            runtime="python",
            version=f"CPython {platform.python_version()}",
            build=__version__,
            started_ns=self._started_ns,
            process=os.getpid(),
            live=rss,
            floor=Floor.RSS,
            rss=rss,
            cpu_s=time.process_time(),
            tasks=threading.active_count(),
            threads=threading.active_count(),
            work=float(self._work()),
        )
