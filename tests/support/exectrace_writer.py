"""Writes execution traces of version 2, from Python or from the text form of Go's own test data."""

from __future__ import annotations

import re
from collections.abc import Iterable

from support.protowire import varint

NO_THREAD = 2**64 - 1

_NAMES = """
    None EventBatch Stacks Stack Strings String CPUSamples CPUSample Frequency ProcsChange
    ProcStart ProcStop ProcSteal ProcStatus GoCreate GoCreateSyscall GoStart GoDestroy
    GoDestroySyscall GoStop GoBlock GoUnblock GoSyscallBegin GoSyscallEnd GoSyscallEndBlocked
    GoStatus STWBegin STWEnd GCActive GCBegin GCEnd GCSweepActive GCSweepBegin GCSweepEnd
    GCMarkAssistActive GCMarkAssistBegin GCMarkAssistEnd HeapAlloc HeapGoal GoLabel UserTaskBegin
    UserTaskEnd UserRegionBegin UserRegionEnd UserLog GoSwitch GoSwitchDestroy GoCreateBlocked
    GoStatusStack ExperimentalBatch Sync ClockSnapshot EndOfGeneration
"""
NUMBERS = {name: number for number, name in enumerate(_NAMES.split())}
RUNNABLE, RUNNING, SYSCALL, WAITING = 1, 2, 3, 4
PROC_RUNNING, PROC_IDLE, PROC_SYSCALL = 1, 2, 3


def header(version: int) -> bytes:
    """The 16 bytes at the start."""
    return b"go 1.%d trace\0\0\0" % version


def event(name: str, *numbers: int) -> bytes:
    """An event or an entry: its number and what follows it."""
    return bytes([NUMBERS[name]]) + b"".join(map(varint, numbers))


def batch(body: bytes, *, thread: int = NO_THREAD, time: int = 0, generation: int = 1) -> bytes:
    """Events of one thread, the first of them ``dt`` after ``time``."""
    return event("EventBatch", generation, thread, time, len(body)) + body


def string(number: int, text: str) -> bytes:
    """An entry of the table of strings."""
    data = text.encode()
    return event("String", number, len(data)) + data


def stack(number: int, *frames: tuple[int, int, int]) -> bytes:
    """An entry of the table of stacks; a frame is a function, a file and a line."""
    flat = [number for place, frame in enumerate(frames) for number in (4096 + place, *frame)]
    return event("Stack", number, len(frames), *flat)


def tables(
    *, strings: Iterable[bytes] = (), stacks: Iterable[bytes] = (), generation: int = 1
) -> bytes:
    """Both tables of a generation."""
    return b"".join(
        batch(event(name) + b"".join(entries), generation=generation)
        for name, entries in (("Stacks", stacks), ("Strings", strings))
    )


def sync(
    *, frequency: int = 10**9, clock: tuple[int, int, int, int] | None = None, generation: int = 1
) -> bytes:
    """The clock of a generation since Go 1.25; ``clock`` is ticks, monotonic ns, s and ns."""
    body = event("Sync") + event("Frequency", frequency)
    if clock:
        body += event("ClockSnapshot", *clock)
    return batch(body, generation=generation)


def trace(*threads: bytes, version: int = 26, frequency: int = 10**9, more: bytes = b"") -> bytes:
    """A trace of one generation; a thread is the body of its only batch, numbered from 1."""
    body = b"".join(batch(events, thread=number) for number, events in enumerate(threads, 1))
    clock = sync(frequency=frequency)
    if version < 25:
        clock = batch(event("Frequency", frequency))
    end = event("EndOfGeneration") if version >= 26 else b""
    return header(version) + clock + body + (more or tables()) + end


def running(goroutine: int = 1, *, proc: int = 0, thread: int = 1) -> bytes:
    """What a thread that runs a goroutine says first in a generation, at times 1 and 2."""
    return event("ProcStatus", 1, proc, PROC_RUNNING) + event(
        "GoStatus", 1, goroutine, thread, RUNNING
    )


def from_text(text: str) -> bytes:
    """The bytes of a trace in Go's text form: an event a line, ``data="…"`` and frames below it."""
    version = re.search(r"Trace Go1\.(\d+)", text)
    assert version
    out = bytearray(header(int(version[1])))
    for line in filter(None, map(str.strip, text[version.end() :].splitlines())):
        if line.startswith('data="'):
            data = line[6:-1].encode().decode("unicode_escape").encode("latin-1")
            out += varint(len(data)) + data
            continue
        name, *fields = line.split()
        if "=" in name:  # a frame
            fields.insert(0, name)
        else:
            out.append(NUMBERS[name])
        out += b"".join(varint(int(field.partition("=")[2])) for field in fields)
    return bytes(out)


def old_event(number: int, *numbers: int) -> bytes:
    """An event of version 1, its time first; where there are four numbers, so is their size."""
    body = b"".join(map(varint, numbers))
    if len(numbers) < 4:
        return bytes([number | (len(numbers) - 1) << 6]) + body
    return bytes([number | 3 << 6]) + varint(len(body)) + body
