"""What each goroutine did, and from when to when, made of the events that changed it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from heapwise.analysis.exectrace.names import UNKNOWN, Names
from heapwise.analysis.exectrace.pairs import Mask
from heapwise.model.exectrace import EventKind, Generation, GoState
from heapwise.model.profile import Int64s

GONE = 5
"""The state of a goroutine that has ended, beside those of `GoState`."""

_ABOUT_A = (EventKind.GO_CREATE, EventKind.GO_START, EventKind.GO_UNBLOCK, EventKind.GO_STATUS)
"""Events about the goroutine of their first argument, not the one that runs."""

_STATE = np.zeros(max(EventKind) + 1, np.int64)
_STATE[EventKind.GO_CREATE] = GoState.RUNNABLE
_STATE[EventKind.GO_START] = GoState.RUNNING
_STATE[EventKind.GO_DESTROY] = GONE
_STATE[EventKind.GO_STOP] = GoState.RUNNABLE
_STATE[EventKind.GO_BLOCK] = GoState.WAITING
_STATE[EventKind.GO_UNBLOCK] = GoState.RUNNABLE
_STATE[EventKind.GO_SYSCALL_BEGIN] = GoState.SYSCALL
_STATE[EventKind.GO_SYSCALL_END] = GoState.RUNNING
_STATE[EventKind.GO_STATUS] = GoState.WAITING
"""The state that each kind of event leads to; 0 for those that change none."""


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Changes of state, int64[n] each.

    Attributes:
        time: ns.
        goroutine: whose.
        state: the new one, `GoState` or `GONE`.
        reason: number of the name of what it waits for.
        proc: the processor it was on, -1 for none.
        said: 1 where the trace states a state rather than a change.
    """

    time: Int64s
    goroutine: Int64s
    state: Int64s
    reason: Int64s
    proc: Int64s
    said: Int64s

    def __len__(self) -> int:
        return len(self.time)

    def at(self, rows: Mask | Int64s) -> Self:
        """The changes of some rows."""
        return type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))

    def after(self, earlier: Self) -> Self:
        """These behind earlier ones."""
        return type(self)(
            *(
                np.concatenate([getattr(earlier, field.name), getattr(self, field.name)])
                for field in fields(self)
            )
        )

    @classmethod
    def none(cls) -> Self:
        """No changes."""
        return cls(*(np.empty(0, np.int64) for _ in fields(cls)))


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Stretches that a goroutine spent in one state and that ended, goroutine by goroutine.

    Attributes:
        goroutine: int64[n].
        state: int64[n].
        start: int64[n], ns.
        end: int64[n], ns.
        reason: int64[n], number of the name of what it waited for.
        proc: int64[n], the processor it ran on.
        then: int64[n], the state that followed.
        whole: bool[n], it was seen to begin.
        born: goroutines that were not known before: when, and in which state.
    """

    goroutine: Int64s
    state: Int64s
    start: Int64s
    end: Int64s
    reason: Int64s
    proc: Int64s
    then: Int64s
    whole: Mask
    born: Changes

    def __len__(self) -> int:
        return len(self.goroutine)


class Goroutines:
    """Keeps what every goroutine does from one generation to the next."""

    def __init__(self) -> None:
        self._now = Changes.none()

    def take(self, generation: Generation, names: Names) -> Spells:
        """The spells that ended in a generation."""
        seen = _changes(generation, names)
        touched = np.isin(self._now.goroutine, seen.goroutine)
        idle = self._now.at(~touched)
        every = seen.after(self._now.at(touched))
        known = np.arange(len(every)) < np.count_nonzero(touched)
        order = _by_goroutine(every.goroutine)
        every, known = every.at(order), known[order]
        # What is said of a goroutine counts until it is seen to do something.
        counts = (every.said == 0) | _firsts(every.goroutine)
        counts[1:] |= every.said[:-1] == 1
        every, known = every.at(counts), known[counts]
        first = _firsts(every.goroutine)
        last = every.at(np.append(first[1:], np.ones(min(len(every), 1), np.bool_)))
        self._now = last.at(last.state != GONE).after(idle)
        following = np.flatnonzero(~first)
        before, after = every.at(following - 1), every.at(following)
        return Spells(
            goroutine=before.goroutine,
            state=before.state,
            start=before.time,
            end=after.time,
            reason=before.reason,
            proc=before.proc,
            then=after.state,
            whole=before.said == 0,
            born=every.at(first & ~known),
        )


def _changes(generation: Generation, names: Names) -> Changes:
    """The changes of state in a generation, in order of time."""
    events = generation.events
    events = events.select(_STATE[events.kind] != 0)
    kind, state = events.kind, _STATE[events.kind]
    said = kind == EventKind.GO_STATUS
    state[said] = events.b[said]
    created = kind == EventKind.GO_CREATE
    state[created & (events.c == 1)] = GoState.WAITING
    state[created & (events.c == 2)] = GoState.SYSCALL
    state[(kind == EventKind.GO_SYSCALL_END) & (events.a == 1)] = GoState.RUNNABLE
    waits = (kind == EventKind.GO_BLOCK) | (kind == EventKind.GO_STOP)
    reason = np.full(len(events), UNKNOWN, np.int64)
    reason[waits] = names.of_strings(generation, events.a[waits])
    found = Changes(
        # Who is only spoken of was there before, and did the same then.
        time=np.where(said, generation.events.time[:1], events.time),
        goroutine=np.where(np.isin(kind, _ABOUT_A), events.a, events.goroutine),
        state=state,
        reason=reason,
        proc=events.proc,
        said=said.astype(np.int64),
    )
    return found.at((found.goroutine >= 0) & (state > GoState.UNKNOWN))


def _firsts(goroutine: Int64s) -> Mask:
    """Where another goroutine begins than the row before is about."""
    differs: Mask = np.diff(goroutine, prepend=-1) != 0
    return differs


def _by_goroutine(goroutine: Int64s) -> Int64s:
    """Row numbers by goroutine, in the order they have.

    Sorting numbers made of both is several times faster than a stable argsort.
    """
    bits = len(goroutine).bit_length()
    if len(goroutine) and int(goroutine.max()) >> (62 - bits):
        return np.argsort(goroutine, kind="stable")
    return np.sort(goroutine << bits | np.arange(len(goroutine))) & ((1 << bits) - 1)
