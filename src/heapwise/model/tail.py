"""Why the slow requests were slow, and what bounds a run as a whole."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from heapwise.model.quantiles import Percentiles


class Cause(StrEnum):
    """What may hold a request up. Prints as people say it."""

    GC_MARK = "GC mark"
    ASSIST = "GC mark assist"
    STW = "GC stop-the-world"
    COLLECTION = "collection"
    """CPython's, which stops its interpreter from beginning to end."""
    GENERATOR = "generator lag"
    CPU = "CPU saturation"
    STEAL = "CPU steal"
    THROTTLE = "cgroup CPU throttling"
    PRESSURE = "memory or I/O pressure"
    CONNECT = "waiting for a connection"
    ERROR = "errors of the target"

    @property
    def is_gc(self) -> bool:
        """True where the collector is the cause."""
        return self in (Cause.GC_MARK, Cause.ASSIST, Cause.STW, Cause.COLLECTION)


class Blame(StrEnum):
    """What the evidence says of a cause."""

    BLAMED = "yes"
    CLEARED = "no"
    UNDECIDED = "~"
    UNKNOWN = "not measured"


class CauseTest(msgspec.Struct, frozen=True, kw_only=True):
    """One cause against the slow hits.

    Attributes:
        cause: see `Cause`.
        blame: see `Blame`.
        touched: slow hits during which the cause was active, for a fifth or more of the time that
            they took longer than the median.
        expected: how many that would be by coincidence, mean of the permutations.
        active_share: share of the time in which it was active anyway; for a delay that is stamped
            on every hit, the share of the hits that have 1 ms of it or more.
        p: share of the permutations in which it covers as much of the excess over the median;
            None where not measured.
        held_ns: median time it was active during the touched slow hits.
        without: latency of all hits if it had vanished (counterfactual); None where not blamed.
        why: in a few words; *excess* is what the slow hits took longer than the median hit, all of
            them together.
    """

    cause: Cause
    blame: Blame
    touched: int
    expected: float
    active_share: float
    p: float | None
    held_ns: float = 0.0
    without: Percentiles | None = None
    why: str = ""


class SlowHits(msgspec.Struct, frozen=True, kw_only=True):
    """The hits above one threshold and what held them up.

    Attributes:
        name: ``p99``, ``p99.9`` or ``max``.
        threshold_ns: hits that took at least so long are slow.
        slow: how many.
        causes: those that are blamed first.
        sentence: the answer, as ``41 of 50 overlap a GC mark phase; 12.0 would by chance.``
    """

    name: str
    threshold_ns: int
    slow: int
    causes: tuple[CauseTest, ...]
    sentence: str


class TailAttribution(msgspec.Struct, frozen=True, kw_only=True):
    """Slow hits joined with everything that could have held them up, on one clock.

    Attributes:
        hits: that were looked at.
        latency: of all of them, from the intended time.
        groups: p99, p99.9 and max, as far as there are hits enough.
        gc_source: where the collector's windows come from; empty without.
        gc_coverage: share of the collections that are known.
        refused: why nothing is attributed; empty where it is.
        notes: what limits the answer.
    """

    hits: int
    latency: Percentiles | None
    groups: tuple[SlowHits, ...]
    gc_source: str = ""
    gc_coverage: float = 0.0
    refused: str = ""
    notes: tuple[str, ...] = ()


class BottleneckClass(StrEnum):
    """What bounds a run."""

    CPU = "CPU-bound"
    GC = "allocation/GC-bound"
    WAITING = "I/O-wait-bound"
    LOCKS = "lock-contended"
    GENERATOR = "generator-limited"
    NONE = "not saturated"
    UNKNOWN = "unknown"


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """Amdahl's bound for one candidate.

    Attributes:
        name: of the path or activity.
        share: of the service's CPU time.
        at_most: by what factor its CPU per unit of work could fall, 1 / (1 - share).
    """

    name: str
    share: float
    at_most: float


class Bottleneck(msgspec.Struct, frozen=True, kw_only=True):
    """What bounds a run and what removing something could gain at most.

    Attributes:
        kind: see `BottleneckClass`.
        why: the evidence, a line each.
        cpu_share: CPU of the service over CPU available to it; None if unknown.
        shares: share of the CPU samples per activity: allocation, GC, syscalls, locks, user.
        bounds: largest first.
    """

    kind: BottleneckClass
    why: tuple[str, ...]
    cpu_share: float | None
    shares: dict[str, float]
    bounds: tuple[Bound, ...]
