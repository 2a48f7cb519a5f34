"""Looks for targets in a thread of its own: a list over HTTP may take its time."""

from __future__ import annotations

import threading
from typing import Self

from heapwise.units import NS_PER_S
from heapwise.watch.clock import Clock
from heapwise.watch.config import Config
from heapwise.watch.discovery import Discovered, Discovery

_LONGEST_NS = 5 * NS_PER_S
"""Files are looked at at least so often, whatever the interval."""


class Lookout:
    """A context manager, in which it looks again and again; the first look is not waited for.

    Args:
        config: names the services and the shard.
        clock: tells when.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self._clock = clock
        self._every_s = min(_LONGEST_NS, config.watch.interval) / NS_PER_S
        self._deadline_s = config.watch.deadline / NS_PER_S
        self._discovery = Discovery(config.service, config.shard, self._deadline_s)
        self._found: Discovered | None = None
        self._told: Discovered | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heapwise-lookout", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def look_for(self, config: Config) -> None:
        """Look for other services from now on."""
        self._discovery = Discovery(
            config.service, config.shard, self._deadline_s, before=self._discovery
        )

    def news(self) -> Discovered | None:
        """Who is to be asked, if that is not what was told before."""
        found = self._found
        if found is None or found == self._told:
            return None
        self._told = found
        return found

    def _look(self, discovery: Discovery) -> Discovered:
        """Who is there; who was there before, where a list makes us stumble."""
        try:
            return discovery.look(self._clock.now_ns())
        except Exception as error:  # noqa: BLE001 - nobody would hear of targets any more
            known = self._found.targets if self._found is not None else ()
            problem = f"looking for targets failed, {type(error).__name__}: {error}"
            return Discovered(targets=known, problems=(problem,))

    def _run(self) -> None:
        while not self._stop.is_set():
            discovery = self._discovery
            found = self._look(discovery)
            if discovery is self._discovery:  # else it is of a configuration that has gone
                self._found = found
            self._stop.wait(self._every_s)
