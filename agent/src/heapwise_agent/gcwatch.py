"""Every collection of this process: when, how long, which generation, and whose request paid.

CPython calls `gc.callbacks` in the thread that happened to trigger the collection, so the stack
there is the victim's. Our callback is the first of all for "start" and the last for "stop", that
is, what others do in theirs counts as pause too, as it does for the victim; callbacks that are
added later than ours are not seen. A collection is a pause for every thread, since the GIL is
held. What CPython frees by reference counts alone, however large, never comes by here.
"""

from __future__ import annotations

import atexit
import gc
import os
import platform
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from heapwise_agent.encode import Profile, ValueType
from heapwise_agent.frames import Resolver, Stack, Sums, walk
from heapwise_agent.locks import Lock
from heapwise_agent.names import Names

RING = 4096
"""Collections that are remembered one by one."""

MAX_STACKS = 2048
"""Stacks that are told apart in the totals."""

CHARGE_NS = 1_000_000
"""Pause that has to gather before a stack is looked at, which costs microseconds.

So a pause that is worth a look is charged to its own stack, and of the many short ones each
millisecond to the stack that completed it.
"""

VICTIMS = 256
"""Pauses of `CHARGE_NS` and more whose own stack is remembered, the newest: 0.7 MB if deep."""

VICTIM_DEPTH = 32
"""Frames of such a stack that are kept, from the leaf: the handler is among them."""

_GENERATIONS = 3
_PAUSE = ValueType("pause", "nanoseconds")
_PATIENCE_S = 5.0


class Event(NamedTuple):
    """One collection.

    Attributes:
        seq: its number, from 1, since the watch began.
        start_ns: unix ns.
        start_monotonic_ns: the same moment on the clock that is never set.
        duration_ns: until the last callback.
        generation: 0, 1 or 2.
        collected: objects freed.
        uncollectable: objects that could not be.
        forced: asked for by `GcWatch.collect`.
        thread: identifier of the victim, as `threading.get_ident` gives it.
    """

    seq: int
    start_ns: int
    start_monotonic_ns: int
    duration_ns: int
    generation: int
    collected: int
    uncollectable: int
    forced: bool
    thread: int


class Events(NamedTuple):
    """Some collections, oldest first.

    Attributes:
        events: those that are remembered.
        lost: how many of those asked for are forgotten.
        next: the number to ask for next.
    """

    events: list[Event]
    lost: int
    next: int


class Totals(NamedTuple):
    """Sums since the watch began; they never wrap.

    Attributes:
        collections: of all generations, forced ones among them.
        forced: by `GcWatch.collect`.
        pause_ns: their durations.
        collected: objects freed by them.
        by_generation: how many of each.
        since_ns: monotonic ns when the watch began.
    """

    collections: int
    forced: int
    pause_ns: int
    collected: int
    by_generation: tuple[int, ...]
    since_ns: int


class GcWatch:
    """Collects while it is started. Everything but `collect` is cheap."""

    def __init__(self) -> None:
        self._ring: list[Event | None] = [None] * RING
        self._seq = 0
        self._forced = 0
        self._pause_ns = 0
        self._collected = 0
        self._by_generation = [0] * _GENERATIONS
        self._since_ns = time.monotonic_ns()
        self._sums = Sums(MAX_STACKS)
        self._victims: deque[tuple[int, Stack]] = deque(maxlen=VICTIMS)
        self._gathered = [[0, 0] for _ in range(_GENERATIONS)]
        self._began: tuple[int, int] | None = None
        self._forcing = 0
        self._force = Lock()

    def start(self) -> None:
        """Begin, or go on."""
        if self._on_start not in gc.callbacks:
            gc.callbacks.insert(0, self._on_start)
            gc.callbacks.append(self._on_stop)
            # Collections go on while the interpreter takes its modules apart, and this one too.
            atexit.register(self.stop)

    def stop(self) -> None:
        """Leave the collector alone; what was seen stays."""
        for callback in (self._on_start, self._on_stop):
            if callback in gc.callbacks:
                gc.callbacks.remove(callback)
        atexit.unregister(self.stop)
        self._began = None

    def collect(self) -> None:
        """Run a full collection, and come back only when one has really happened.

        `gc.collect` does nothing while another thread collects, or in a finaliser's way.
        """
        with self._force:
            before, end = self._forced, time.monotonic() + _PATIENCE_S
            self._forcing = threading.get_ident()
            try:
                gc.collect()
                watching = self._on_stop in gc.callbacks
                while watching and self._forced == before and time.monotonic() < end:
                    time.sleep(0.001)
                    gc.collect()
            finally:
                self._forcing = 0

    def totals(self) -> Totals:
        """The sums now."""
        return Totals(
            collections=self._seq,
            forced=self._forced,
            pause_ns=self._pause_ns,
            collected=self._collected,
            by_generation=tuple(self._by_generation),
            since_ns=self._since_ns,
        )

    def events(self, since: int = 1) -> Events:
        """The remembered collections numbered ``since`` and above."""
        since = max(1, since)
        end = self._seq
        kept = [event for event in self._ring[:] if event and since <= event.seq <= end]
        kept.sort()
        return Events(kept, max(0, end - since + 1 - len(kept)), end + 1)

    def victims(self, since: int = 1) -> dict[int, str]:
        """Who had to wait for a long collection numbered ``since`` or above.

        Returns:
            By its number the functions that it interrupted, named as in profiles, outermost first,
            ``;`` in between. Collections that `collect` forced are not among them.
        """
        kept = [(seq, stack) for seq, stack in self._victims.copy() if seq >= since]
        if not kept:
            return {}
        resolver, names = Resolver(), Names()
        return {
            seq: ";".join(
                names.shown(frame).replace(";", ":") for frame in reversed(resolver.stack(stack))
            )
            for seq, stack in kept
        }

    def profile(self) -> Profile:
        """Collections and their pauses by the victim's stack and the generation.

        Less than `CHARGE_NS` of each generation is still missing.
        """
        out = Profile((ValueType("collections", "count"), _PAUSE), _PAUSE, CHARGE_NS)
        self._sums.write(out, lambda generation: (("generation", generation, ""),))
        return out

    def _on_start(self, phase: str, _info: Mapping[str, int]) -> None:
        if phase == "start":
            self._began = (time.time_ns(), time.monotonic_ns())

    def _on_stop(self, phase: str, info: Mapping[str, int]) -> None:
        began = self._began
        if phase != "stop" or began is None:
            return
        self._began = None
        duration = time.monotonic_ns() - began[1]
        generation = min(info["generation"], _GENERATIONS - 1)
        thread = threading.get_ident()
        forced = thread == self._forcing
        self._seq += 1
        self._forced += forced
        self._pause_ns += duration
        self._collected += info["collected"]
        self._by_generation[generation] += 1
        self._ring[self._seq % RING] = Event(
            self._seq, began[0], began[1], duration, generation,
            info["collected"], info["uncollectable"], forced, thread,
        )  # fmt: skip
        gathered = self._gathered[generation]
        gathered[0] += 1
        gathered[1] += duration
        if gathered[1] >= CHARGE_NS:
            # Whose code the collector interrupted; none where C code started the thread.
            victim = sys._getframe().f_back  # noqa: SLF001 - cheaper than `inspect`
            self._sums.add(victim, generation, *gathered)
            gathered[:] = 0, 0
            if duration >= CHARGE_NS and not forced:
                self._victims.append((self._seq, walk(victim)[:VICTIM_DEPTH]))


def describe(watch: GcWatch, since: int) -> dict[str, object]:
    """The collections numbered ``since`` and above, as plain data for JSON."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    victims = watch.victims(since)  # before the collections, which resolving may cause
    seen = watch.events(since)
    return {
        "version": 1,
        "runtime": f"{platform.python_implementation()} {platform.python_version()}",
        "pid": os.getpid(),
        "next": seen.next,
        "lost": seen.lost,
        "enabled": gc.isenabled(),
        "thresholds": list(gc.get_threshold()),
        "events": [
            {
                "seq": event.seq,
                "start_unix_ns": event.start_ns,
                "start_monotonic_ns": event.start_monotonic_ns,
                "duration_ns": event.duration_ns,
                "generation": event.generation,
                "collected": event.collected,
                "uncollectable": event.uncollectable,
                "forced": event.forced,
                "thread": names.get(event.thread) or f"{event.thread:#x}",
                **({"victim": victims[event.seq]} if event.seq in victims else {}),
            }
            for event in seen.events
        ],
    }
