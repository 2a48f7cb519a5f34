"""One run, loaded: what was planned, what was seen, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from heapwise.model.gc import GcCycle, Pause
from heapwise.model.load import Hits, Plan
from heapwise.model.memory import Counters, HostSample, MemorySample, ProcessSample
from heapwise.model.profile import Profile
from heapwise.model.trace import TraceSummary

FORMAT = 1
"""Version of the recording format this code writes."""


class ClockPair(msgspec.Struct, frozen=True):
    """The monotonic and the wall clock read together, ns."""

    monotonic_ns: int
    wall_ns: int


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run took place: runs of unlike machines have unlike timings."""

    system: str
    architecture: str
    cpu_model: str
    cpus: int
    memory: int
    python: str
    fingerprint: str
    """Hash of architecture, processor, their number and the memory in whole GiB."""


class ServiceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The service under test.

    Attributes:
        url: origin of its debug endpoint.
        runtime: ``go``; empty where it was not recognised.
        version: of the runtime, as ``go1.27.3``; empty if unknown.
        command: how heapwise started it; empty where it ran already.
        settings: GOGC, GOMEMLIMIT, GOMAXPROCS and their like, where known.
        cgroup_limit: bytes; -1 for none or unknown.
        same_host: it shares this machine with the load generator.
    """

    url: str
    runtime: str = ""
    version: str = ""
    command: tuple[str, ...] = ()
    settings: dict[str, str] = {}
    cgroup_limit: int = -1
    same_host: bool = True


class BodyRef(msgspec.Struct, frozen=True):
    """A request body kept beside the log, by its hash."""

    sha256: str
    size: int
    file: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a run set out to do; written before it starts and never changed.

    Attributes:
        format: `FORMAT`.
        tool: version of heapwise.
        run_id: random, the same in every file of the run.
        plan: the load; None where somebody else makes it. Secrets are redacted, bodies are in
            `bodies`, so that the plan can be driven again.
        bodies: one per target of the plan, None for an empty body.
        redacted: names of headers and query parameters whose values were taken out.
        clock: the run's zero: `ClockPair.monotonic_ns` is 0 of every ``*_ns`` in the log.
        work_unit: what is counted.
        job: the program runs to its end, and is measured from beginning to end.
    """

    format: int
    tool: str
    run_id: str
    created: str
    argv: tuple[str, ...]
    service: ServiceInfo
    machine: Machine
    clock: ClockPair
    plan: Plan | None = None
    bodies: tuple[BodyRef | None, ...] = ()
    redacted: tuple[str, ...] = ()
    work_unit: str = "req"
    job: bool = False


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What measuring itself costs the service, from readings on an idle interval.

    Attributes:
        bytes_per_reading: bytes the service allocates to answer one reading of its counters.
        allocs_per_reading: the same in objects.
        readings: how many it was measured on.
        idle_ns: how long the interval was.
    """

    bytes_per_reading: float
    allocs_per_reading: float
    readings: int
    idle_ns: int


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """A moment at which exact counters were read and, after forced collections, a profile.

    Attributes:
        at_ns: when the counters were read, ns since the run's zero.
        counters: exact.
        profile: file of the fenced heap profile, relative to the recording; empty if none.
        calibration: the idle interval beside this fence.
        forced: the collections that heapwise forced for this fence were seen to happen.
        work: units of work done until then, by the program's own count; -1 where it has none.
        birth: the program had just begun, and nothing was counted yet; there is no profile.
    """

    at_ns: int
    counters: Counters
    profile: str = ""
    calibration: Calibration | None = None
    forced: bool = False
    clock: ClockPair | None = None
    work: int = -1
    birth: bool = False


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of load between two fences.

    Attributes:
        name: ``load``, or the target's name where targets are driven apart.
        target: index of the only target driven, -1 for all.
        before: the first fence.
        after: the second; None where the run was interrupted.
        readings: of the counters between the two, whose cost is taken off.
    """

    name: str
    target: int
    before: Fence
    after: Fence | None
    readings: int


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """A profile or a trace that was taken over a stretch of the run, kept as received.

    Attributes:
        kind: ``cpu``, ``trace``, ``mutex`` or ``block``.
        file: relative to the recording.
        began_ns: when it was asked for, ns since the run's zero.
        ended_ns: when its last byte was there; where the recorder was killed, when that was due.
        asked_ns: how long it was meant to take; 0 for what was in memory already.
        window: name of the window it belongs to. ``trace`` is no `Window`: it is a stretch of load
            of its own after them, whose hits carry `HitFlag.WARMUP` and count in no figure.
        why: what made us take it, as ``a hit of 61 ms``; empty where it was planned.
    """

    kind: str
    file: str
    began_ns: int
    ended_ns: int
    asked_ns: int
    window: str = ""
    why: str = ""


class RecordedTrace(msgspec.Struct, frozen=True, kw_only=True):
    """An execution trace of a run with its place on the run's clock.

    Attributes:
        capture: the file.
        summary: what is in it, times since its first event.
        offset_ns: what to add to a time of the trace for a time of the run.
        uncertainty_ns: how far `offset_ns` may be off.
        aligned_by: ``clock snapshots`` where the service shares our monotonic clock, ``wall clock``
            where it runs elsewhere, ``capture marks`` before Go 1.25 or where clocks disagree.
    """

    capture: Capture
    summary: TraceSummary
    offset_ns: int
    uncertainty_ns: int
    aligned_by: str


class Scope(StrEnum):
    """Which figures a problem touches."""

    ALL = "all"
    LATENCY = "latency"
    ALLOCATION = "allocation"
    GC = "gc"
    NONE = "none"
    """Worth knowing, spoils nothing."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that went wrong or limits what a run can tell.

    Attributes:
        scope: the figures that must not be trusted because of it.
        what: the fact, with its numbers.
        remedy: what to do about it.
    """

    scope: Scope
    what: str
    remedy: str = ""


class Event(msgspec.Struct, frozen=True):
    """A marker or fault in the log.

    Attributes:
        at_ns: ns since the run's zero.
        kind: ``fence-before fence-after service-restarted scrape-failed interrupted …``.
        fields: whatever belongs to it.
    """

    at_ns: int
    kind: str
    fields: dict[str, object] = {}


class State(StrEnum):
    """How far a recording got."""

    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    """Stopped early, killed or out of disk. What is there is good."""
    IN_PROGRESS = "in progress"


class LogLoss(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader of the log could not use; all zero for a healthy one.

    Attributes:
        damaged_frames: frames whose checksum or content was wrong.
        damaged_bytes: bytes outside good frames.
        lost_records: records known to be missing, from gaps in the sequence numbers.
        incomplete_tail: bytes of an unfinished last frame.
    """

    damaged_frames: int = 0
    damaged_bytes: int = 0
    lost_records: int = 0
    incomplete_tail: int = 0


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Written last; its absence means interrupted.

    Attributes:
        finished: wall clock, ISO 8601.
        last_seq: the last sequence number of each stream, so that a lost tail is known.
        interrupted: stopped early, by the user or a full disk, and finished in order.
    """

    finished: str
    last_seq: dict[str, int]
    interrupted: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Recording:
    """A recording in memory. Everything above it takes this, never a path.

    Attributes:
        name: of the directory, for titles.
        profiles: by file name relative to the recording, as `Fence.profile` names them.
        cycles: from gctrace, empty without.
        pauses: from the MemStats ring, each cycle at most once, in order.
        problems: noted while recording, and by the loader (damage, missing files).
        host: the machine under the run, several readings a second; empty in older recordings.
        captures: profiles and traces taken over a stretch of the run, in order.
        traces: the execution traces among them, read.
    """

    name: str
    manifest: Manifest
    state: State
    windows: tuple[Window, ...]
    hits: Hits
    memory: tuple[MemorySample, ...]
    process: tuple[ProcessSample, ...]
    pauses: tuple[Pause, ...]
    cycles: tuple[GcCycle, ...]
    events: tuple[Event, ...]
    profiles: dict[str, Profile]
    loss: LogLoss
    problems: tuple[Problem, ...]
    host: tuple[HostSample, ...] = ()
    captures: tuple[Capture, ...] = ()
    traces: tuple[RecordedTrace, ...] = ()
