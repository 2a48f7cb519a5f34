"""What a process says last, for the one that leads.

Servers replace their workers, and what those did must not be missing from the totals. A process
that ends in good order leaves its figures in the group's directory, *before* it closes its socket:
whoever finds the socket closed finds the figures.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from heapwise_agent.encode import Profile
from heapwise_agent.memstats import Stats
from heapwise_agent.prefork import wire
from heapwise_agent.prefork.registry import Key
from heapwise_agent.prefork.wire import Message, WireError
from heapwise_agent.sampler import Snapshot
from heapwise_agent.source import Source

MAX_FILES = 128
"""Farewells that wait to be heard; what comes then is lost."""

_FILE = re.compile(r"([1-9][0-9]{0,9})-([0-9]{1,20})\.last", re.ASCII)


class Farewell(NamedTuple):
    """The last figures of a process.

    Attributes:
        heap: None where heap profiles were not available.
    """

    heap: Snapshot | None
    stats: Stats
    variables: dict[str, Any]
    pauses: Profile
    collections: dict[str, Any]


def say(directory: Path, socket: Path, source: Source) -> None:
    """Write it, whole or not at all; there may be no `socket` yet.

    Raises:
        OSError: the directory is gone, or full.
    """
    if sum(1 for entry in directory.iterdir() if entry.suffix == ".last") >= MAX_FILES:
        return
    try:
        since_ns = socket.lstat().st_ctime_ns
    except FileNotFoundError:
        since_ns = time.time_ns()
    heap = Message({}) if source.why_no_heap() else wire.from_snapshot(source.snapshot(fresh=True))
    messages = [
        heap,
        Message(dict(source.stats())),
        Message(source.variables()),
        wire.from_profile(source.gc_profile()),
        Message(source.gc_events(1)),
    ]
    path = directory / f"{os.getpid()}-{since_ns}.last"
    temporary = path.with_suffix(".part")
    with temporary.open("xb") as file:
        for message in messages:
            file.writelines(wire.encode(message))
    temporary.replace(path)


def heard(directory: Path) -> Iterator[tuple[Key, Farewell]]:
    """Read what there is, and remove it."""
    try:
        names = [name for path in directory.iterdir() if (name := _FILE.fullmatch(path.name))]
    except OSError:
        return
    for name in names:
        path = directory / name[0]
        with suppress(OSError, WireError):
            last = _read(path)
            path.unlink()
            yield (int(name[1]), int(name[2])), last
        path.unlink(missing_ok=True)


def _read(path: Path) -> Farewell:
    with path.open("rb") as file:
        heap = wire.decode(file)
        return Farewell(
            wire.to_snapshot(heap) if heap.head else None,
            wire.decode(file).head,
            wire.decode(file).head,
            wire.to_profile(wire.decode(file)),
            wire.to_collections(wire.decode(file)),
        )
