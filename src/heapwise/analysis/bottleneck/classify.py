"""From figures to the class of a run, with the evidence in words."""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.analysis.bottleneck.activities import ALLOCATION, GC, LOCKS
from heapwise.analysis.bottleneck.measured import Measured
from heapwise.model.tail import BottleneckClass
from heapwise.units import format_count, format_duration, format_rate, format_share, how_many

SATURATED = 0.85
"""A service that uses so much of its processors has queues that come from there."""

HOST_FULL = 0.95
PART_OF_HOST = 0.4
"""On a full machine a service is bound by CPU if it takes at least this share of its processors."""

THROTTLED = 0.1
GARBAGE = 0.4
"""Share of the CPU that goes into making garbage and collecting it ..."""

COLLECTING = 0.25
"""... and into collecting alone, where no CPU profile tells of the making."""

LOCKED = 0.25
LOCK_WAIT = 0.5
"""Share of all requests under way that wait for a lock."""

WAITING = 0.8
LONG_NS = 5_000_000
"""A request that waits most of its time is bound by that only if the time is worth a word."""

BEHIND = 0.95
ENGINE_FULL = 0.9

_NO_CPU = (
    "the CPU time of the service is unknown: let heapwise start it with --exec, on this machine"
)


def classify(known: Measured) -> tuple[BottleneckClass, tuple[str, ...]]:
    """What bounds a run, and why, a line each: the first class that there is evidence for."""
    for kind, rule in _RULES:
        if reasons := tuple(rule(known)):
            return kind, reasons
    if known.cpu_share is None:
        return BottleneckClass.UNKNOWN, (_NO_CPU,)
    return BottleneckClass.NONE, (_used(known, known.cpu_share), *_kept_up(known))


def _generator(known: Measured) -> Iterable[str]:
    if known.engine_share is not None and known.engine_share >= ENGINE_FULL:
        yield f"the load generator used {format_share(known.engine_share)} of its processor"
    if known.load is None:
        return
    total = known.load.total
    if total.generator_errors:
        errors = how_many(total.generator_errors, "hit")
        yield f"{errors} failed for want of file descriptors or ports in the generator"
    if (
        total.lag is not None
        and total.latency is not None
        and (total.lag.p50 > total.latency.p50 / 2)
    ):
        yield (
            f"half of the hits were sent {format_duration(total.lag.p50)} late or more, by the "
            f"generator's own fault; their latency is {format_duration(total.latency.p50)}"
        )


def _saturated(known: Measured) -> Iterable[str]:
    share = known.cpu_share
    if share is not None and share >= SATURATED:
        yield _used(known, share)
    if known.throttled is not None and known.throttled >= THROTTLED:
        yield f"its cgroup was out of CPU for {format_share(known.throttled)} of the time"
    if _host_full(known) and share is not None and PART_OF_HOST <= share < SATURATED:
        yield f"the machine had no processor to spare; {_used(known, share)}"


def _garbage(known: Measured) -> Iterable[str]:
    if not (saturated := tuple(_saturated(known))):
        return
    collecting, making = known.shares.get(GC, 0.0), known.shares.get(ALLOCATION, 0.0)
    if collecting + making >= GARBAGE:
        yield from saturated
        yield (
            f"{format_share(collecting)} of its CPU goes into collecting garbage and "
            f"{format_share(making)} into allocating"
        )
    elif not making and known.gc_share is not None and known.gc_share >= COLLECTING:
        yield from saturated
        yield f"{format_share(known.gc_share)} of its CPU goes into collecting garbage"


def _locks(known: Measured) -> Iterable[str]:
    spinning, under_way = known.shares.get(LOCKS, 0.0), known.concurrency
    if spinning >= LOCKED and (saturated := tuple(_saturated(known))):
        yield from saturated
        yield f"{format_share(spinning)} of its CPU goes into locks"
    if known.lock_wait is not None and under_way and known.lock_wait >= LOCK_WAIT * under_way:
        yield (
            f"of {format_count(round(under_way, 2))} requests under way on average, "
            f"{format_count(round(known.lock_wait, 2))} wait for a lock (mutex profile)"
        )


def _waiting(known: Measured) -> Iterable[str]:
    waiting, load = known.waiting, known.load
    if waiting is None or load is None or load.total.service is None:
        return
    if waiting < WAITING or _host_full(known):  # there, they may as well wait for a processor
        return
    behind = load.total.throughput < BEHIND * load.total.asked_rate
    if load.total.service.p50 >= LONG_NS or behind:
        yield (
            f"a request takes {format_duration(load.total.service.p50)} (p50), and for "
            f"{format_share(waiting)} of their time the service computes nothing for them"
        )
    if behind:
        yield (
            f"{format_rate(load.total.throughput)} succeed of {format_rate(load.total.asked_rate)} "
            "asked for, with processors to spare"
        )


def _used(known: Measured, share: float) -> str:
    return f"it used {format_share(share)} of {how_many(known.processors, 'processor')}"


def _host_full(known: Measured) -> bool:
    return known.host_busy is not None and known.host_busy >= HOST_FULL


def _kept_up(known: Measured) -> Iterable[str]:
    if known.load is not None:
        total = known.load.total
        yield (
            f"it answered {format_rate(total.throughput)} of {format_rate(total.asked_rate)} "
            "asked for"
        )
    if _host_full(known):
        yield "the machine had no processor to spare, but others used them"


_RULES = (
    (BottleneckClass.GENERATOR, _generator),
    (BottleneckClass.GC, _garbage),
    (BottleneckClass.LOCKS, _locks),
    (BottleneckClass.CPU, _saturated),
    (BottleneckClass.WAITING, _waiting),
)
