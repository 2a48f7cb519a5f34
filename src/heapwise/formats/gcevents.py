"""Collections of CPython as the agent's ``gc/events`` lists them, JSON, one object each.

A process remembers its newest 4,096; whoever asks names the first number it has not seen, and is
told how many it is too late for. Everything here was sent by the service and may be anything.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import msgspec

from heapwise.errors import ProfileError
from heapwise.model.gc import Pause

VERSION = 1

MAX_EVENTS = 1 << 20
"""More than every worker of a machine can remember; what is longer is no list of ours."""

MAX_VICTIM = 16 << 10
"""Characters of a stack; an agent sends some thirty names."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_Generation = Annotated[int, msgspec.Meta(ge=0, le=9)]


class GcEvents(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        pauses: one per collection, in the order of their numbers, each once.
        next: the number to ask from next time.
        lost: collections since the number asked for that were already forgotten.
        runtime: as ``CPython 3.11.7``.
        thresholds: of the generations, `gc.get_threshold`.
        victims: by number the stacks that long collections interrupted, outermost first, ``;``
            between the functions.
    """

    pauses: tuple[Pause, ...]
    next: int
    lost: int
    runtime: str
    thresholds: tuple[int, ...]
    victims: dict[int, str] = {}


class _Event(msgspec.Struct):
    seq: _Count
    start_unix_ns: _Count
    duration_ns: _Count
    generation: _Generation
    collected: _Count
    uncollectable: _Count
    forced: bool = False
    victim: str = ""


class _Answer(msgspec.Struct):
    version: int
    next: _Count
    events: list[_Event]
    lost: _Count = 0
    runtime: str = ""
    thresholds: list[_Count] = []


def parse_gc_events(text: bytes | str) -> GcEvents:
    """Read an answer of ``gc/events``.

    Raises:
        ProfileError: it is none, of a version we do not know, or contradicts itself.
    """
    try:
        answer = msgspec.json.decode(text, type=_Answer)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProfileError("no list of collections", str(error)[:200]) from error
    if answer.version != VERSION:
        raise ProfileError(
            f"a list of collections of version {answer.version}",
            f"this heapwise reads version {VERSION}",
            "update the older one of heapwise and heapwise-agent",
        )
    events = sorted(answer.events, key=lambda event: event.seq)
    numbers = [event.seq for event in events]
    twice = any(later == first for first, later in pairwise(numbers))
    if twice or len(events) > MAX_EVENTS or (numbers and numbers[-1] >= answer.next):
        raise ProfileError(
            "a list of collections that contradicts itself",
            f"{len(events)} collections below number {answer.next}",
        )
    return GcEvents(
        pauses=tuple(map(_pause, events)),
        next=answer.next,
        lost=answer.lost,
        runtime=answer.runtime[:100],
        thresholds=tuple(answer.thresholds[:9]),
        victims={event.seq: event.victim[:MAX_VICTIM] for event in events if event.victim},
    )


def _pause(event: _Event) -> Pause:
    return Pause(
        number=event.seq,
        end_ns=event.start_unix_ns + event.duration_ns,
        pause_ns=event.duration_ns,
        generation=event.generation,
        collected=event.collected,
        uncollectable=event.uncollectable,
        forced=int(event.forced),
    )
