"""Looks for targets in a thread of its own: lists may take their time."""

from __future__ import annotations

import threading
from typing import NamedTuple, Self

from heapwise.units import NS_PER_S
from heapwise.watch.clock import Clock
from heapwise.watch.config import Config
from heapwise.watch.discovery import Discovered, Discovery

_LONGEST_NS = 5 * NS_PER_S
"""Files are looked at at least so often, whatever the interval."""


class _Found(NamedTuple):
    """Who is there, by which discovery: one that a new configuration brought has always news."""

    by: Discovery
    who: Discovered


class Lookout:
    """A context manager, in which it looks again and again; the first look is not waited for.

    Args:
        config: names the services and the shard.
        clock: tells when.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self._clock = clock
        self._every_s = min(_LONGEST_NS, config.watch.every_ns) / NS_PER_S
        self._deadline_s = config.watch.deadline / NS_PER_S
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._discovery = self._discovery_of(config, None)
        self._found: _Found | None = None
        self._told: _Found | None = None
        self._thread = threading.Thread(target=self._run, name="heapwise-lookout", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._wake.set()

    def look_for(self, config: Config) -> None:
        """Look for other services from now on, or for the same that are asked in another way.

        Raises:
            HeapwiseError: one has an address that is none; nothing has changed.
        """
        self._discovery = self._discovery_of(config, self._discovery)

    def news(self) -> Discovered | None:
        """Who is to be asked, if that is not what was told before of this configuration."""
        found = self._found
        if found is None or found.by is not self._discovery or found == self._told:
            return None
        self._told = found
        return found.who

    def _discovery_of(self, config: Config, before: Discovery | None) -> Discovery:
        return Discovery(config.service, config.shard, self._deadline_s, before, self._wake.set)

    def _look(self, discovery: Discovery) -> Discovered:
        """Who is there; who was there before, where a list makes us stumble.

        At first that is who is known at once. Later nobody is to leave whose list is only read
        anew since its service has changed.
        """
        before = self._found
        look = discovery.glance if before is None or before.by is discovery else discovery.look
        try:
            return look(self._clock.now_ns())
        except Exception as error:  # noqa: BLE001 - nobody would hear of targets any more
            known = before.who.targets if before is not None else ()
            problem = f"looking for targets failed, {type(error).__name__}: {error}"
            return Discovered(targets=known, problems=(problem,), complete=False)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            discovery = self._discovery
            self._found = _Found(discovery, self._look(discovery))
            self._wake.wait(self._every_s)
