"""Vitals out of what heapwise-agent says of a Python process, or of all workers of a service."""

from __future__ import annotations

from heapwise.formats.agentvars import AgentPage
from heapwise.formats.gcevents import GcEvents
from heapwise.model.watch import Floor, Source, Vitals
from heapwise.names import visible

_LARGEST = 2**62


def vitals_of_agent(page: AgentPage, events: GcEvents, at_ns: int) -> Vitals:
    """What the page and its list of collections say.

    The oldest generation's collections are not counted by the agent and so are unknown; its
    pauses are among the others'. The process stands for all workers, any of which may answer: it
    is the one with the least number, as that which forks the others.

    Raises:
        ProfileError: the exact counters are missing.
    """
    stats = page.counted()
    counters = stats.counters
    in_use = float(counters.heap_alloc) if counters.heap_alloc >= 0 else None
    total = stats.pause_total_ns
    return Vitals(
        at_ns=at_ns,
        source=Source.AGENT,
        runtime="python",
        version=visible(page.heapwise.runtime[:100].rpartition(" ")[2]),
        process=min(page.heapwise.pids, default=None),
        live=in_use,
        floor=Floor.IN_USE if in_use is not None else None,
        heap=in_use,
        rss=_resident(page),
        allocated=float(counters.total_alloc),
        mallocs=float(counters.mallocs),
        frees=float(counters.frees),
        cycles=0 if counters.num_gc == 0 else None,
        pauses=events.pauses,
        pause_total_ns=float(total) if total >= 0 else None,
        gc_cpu_s=total / 1e9 if total >= 0 else None,
        work=_work(page),
    )


def _resident(page: AgentPage) -> float | None:
    """Resident memory of all workers, which the agent prints where Go has ``Sys``."""
    rss = page.memstats.get("Sys")
    return float(rss) if type(rss) is int and 0 <= rss <= _LARGEST else None


def _work(page: AgentPage) -> float | None:
    """The program's own count, where it has just one unit."""
    done = tuple(page.heapwise.done.values())
    return float(done[0]) if len(done) == 1 else None
