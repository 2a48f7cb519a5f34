"""What every thread and every asyncio task is doing now."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import Any

from heapwise_agent import own
from heapwise_agent.encode import Labels, Profile, ValueType
from heapwise_agent.frames import MAX_DEPTH, TABLE_FULL, Place, Resolver, Stack, walk
from heapwise_agent.sampler import Frame

MAX_TASKS = 20_000
"""Tasks whose stacks are looked at; the others are counted."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One thread or task.

    Attributes:
        kind: ``thread`` or ``task``.
        name: as its program named it.
        stack: leaf first.
        count: above 1 only where there were too many to look at.
    """

    kind: str
    name: str
    stack: tuple[Frame, ...]
    count: int = 1


def running() -> list[Activity]:
    """Everything but the agent's own threads."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    resolver = Resolver()
    found: list[Activity] = []
    loops: dict[int, Any] = {}
    for ident, frame in _frames():
        name = names.get(ident) or f"{ident:#x}"
        found.append(Activity("thread", name, resolver.stack(walk(frame))))
        loops.update((id(loop), loop) for loop in _loops(frame))
    tasks = [task for loop in loops.values() for task in _tasks(loop)]
    for task in tasks[:MAX_TASKS]:
        name, stack = _suspended(task)
        found.append(Activity("task", name, resolver.stack(stack)))
    if len(tasks) > MAX_TASKS:
        found.append(Activity("task", "more", (TABLE_FULL,), len(tasks) - MAX_TASKS))
    return found


def count() -> int:
    """How many there are, for much less."""
    frames = _frames()
    loops = {id(loop): loop for _, frame in frames for loop in _loops(frame)}
    return len(frames) + sum(len(_tasks(loop)) for loop in loops.values())


def profile(activities: Iterable[Activity], *, word: str) -> Profile:
    """Count them by stack, as Go's goroutine profile does; threads keep their names."""
    counts: Counter[tuple[tuple[Frame, ...], Labels]] = Counter()
    for activity in activities:
        labels: Labels = (("thread", activity.name, ""),) if activity.kind == "thread" else ()
        counts[activity.stack, labels] += activity.count
    kind = ValueType(word, "count")
    out = Profile((kind,), kind)
    for (stack, labels), number in counts.items():
        out.add(stack, (number,), labels)
    return out


def _frames() -> list[tuple[int, FrameType]]:
    frames = sys._current_frames()  # noqa: SLF001 - the documented way to other threads' frames
    return [(ident, frame) for ident, frame in frames.items() if not own.is_own(ident)]


def _loops(frame: FrameType | None) -> Iterator[Any]:
    """The event loops that run in a thread, by the frames of asyncio that run them.

    A thread's loop can be asked for in that thread only. A loop in C, such as uvloop, has no frame
    of its own but `asyncio.Runner`'s.
    """
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return
    forever = asyncio.BaseEventLoop.run_forever.__code__
    runner = asyncio.Runner.run.__code__
    while frame is not None:
        if frame.f_code is forever:
            yield frame.f_locals["self"]
        elif frame.f_code is runner:
            loop = getattr(frame.f_locals["self"], "_loop", None)
            if loop is not None:
                yield loop
        frame = frame.f_back


def _tasks(loop: Any) -> list[Any]:
    asyncio: Any = sys.modules["asyncio"]
    try:
        return list(asyncio.all_tasks(loop))
    except RuntimeError:  # the set changed under it a thousand times
        return []


def _suspended(task: Any) -> tuple[str, Stack]:
    """A task's name, and where it waits: down the chain of what awaits what, to its end."""
    try:
        name, awaited = str(task.get_name()), task.get_coro()
    except Exception:  # noqa: BLE001 - a class of the program's own may do anything
        return "task", ()
    places: list[Place] = []
    frame: FrameType | None
    while len(places) < MAX_DEPTH:
        if isinstance(awaited, CoroutineType):
            frame, awaited = awaited.cr_frame, awaited.cr_await
        elif isinstance(awaited, GeneratorType):
            frame, awaited = awaited.gi_frame, awaited.gi_yieldfrom
        elif isinstance(awaited, AsyncGeneratorType):
            frame, awaited = awaited.ag_frame, awaited.ag_await
        else:
            break
        if frame is not None:
            places.append((frame.f_code, frame.f_lasti))
    return name, tuple(reversed(places))
