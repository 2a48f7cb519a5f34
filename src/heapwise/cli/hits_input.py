"""Hits of files or of standard input, one by one, and a clock that ticks while they come."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from heapwise.cli.output import note
from heapwise.cli.target_files import STDIN
from heapwise.errors import ProfileError, UsageError
from heapwise.formats.hit_line import MAX_LINE, Hit
from heapwise.formats.hit_records import merged, read_records
from heapwise.formats.hits import HitStore
from heapwise.record.interrupt import stop_on_signal
from heapwise.units import NS_PER_S

_READ = 1 << 16


class Clock:
    """Calls ``tick`` every so often, if it is asked to look.

    Args:
        every_ns: from the end of one call to the next, at least; 0 for never.
        tick: what to call.
    """

    def __init__(self, every_ns: int, tick: Callable[[], None]) -> None:
        self._every = every_ns / NS_PER_S if every_ns else float("inf")
        self._tick = tick
        self._due = time.monotonic() + self._every

    def left_ms(self) -> float | None:
        """Milliseconds to the next call; None where there is none."""
        left = max(0.0, self._due - time.monotonic())
        return None if left == float("inf") else left * 1000

    def look(self) -> None:
        """Call if it is time. At least half of all time is left to those who read."""
        began = time.monotonic()
        if began >= self._due:
            self._tick()
            now = time.monotonic()
            self._due = now + max(self._every, now - began)


NEVER = Clock(0, lambda: None)


@contextmanager
def hits_in(files: Iterable[str], clock: Clock = NEVER) -> Iterator[Iterator[Hit]]:
    """The hits of several files, merged in time; - is standard input.

    While they come from standard input, Ctrl-C waits for their end: whoever writes them was told
    to stop as well, and the last of them are on their way. A second one quits.

    Raises:
        UsageError: a file cannot be read, or standard input is named twice.
    """
    names = [*files]
    with ExitStack() as stack:
        sources = [(_shown(name), stack.enter_context(_opened(name))) for name in names]
        if any(name in STDIN for name in names):
            if sum(name in STDIN for name in names) > 1:
                raise UsageError("standard input can be read only once")
            stack.enter_context(stop_on_signal(note))
        yield merged(read_records(_lines(fd, clock), source=name) for name, fd in sources)


def read_all(files: Sequence[str], store: HitStore, clock: Clock = NEVER) -> None:
    """Put the hits of several files into a store; see `hits_in`.

    Raises:
        ProfileError: there are none.
    """
    with hits_in(files, clock) as hits:
        for hit in hits:
            store.add(hit)
    if not len(store):
        raise ProfileError(f"{', '.join(map(_shown, files))}: no hits in it")


def _shown(name: str) -> str:
    return "standard input" if name in STDIN else name


@contextmanager
def _opened(name: str) -> Iterator[int]:
    """A file descriptor to read from."""
    if name in STDIN:
        yield 0
        return
    try:
        file = Path(name).open("rb", buffering=0)  # noqa: SIM115 - closed below, errors told apart
    except OSError as error:
        raise UsageError(
            f"cannot read {name}",
            error.strerror or str(error),
            "give a recording, a file of hits, or - for standard input",
        ) from None
    with file:
        yield file.fileno()


def _lines(fd: int, clock: Clock) -> Iterator[bytes]:
    """Lines as they come: never more of one than a reader of hits would take."""
    rest = b""
    ready = select.poll()
    ready.register(fd, select.POLLIN)
    while True:
        while not ready.poll(clock.left_ms()):
            clock.look()
        data = os.read(fd, _READ)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line
            clock.look()
        if len(rest) > MAX_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest
