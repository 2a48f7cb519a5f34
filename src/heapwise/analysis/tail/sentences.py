"""The answer for one group of slow hits, in words."""

from __future__ import annotations

from collections.abc import Sequence

from heapwise.model.quantiles import Percentiles
from heapwise.model.tail import Blame, Cause, CauseTest
from heapwise.units import format_count, format_duration

_ACTIVE = {
    Cause.GC_MARK: "a GC mark phase",
    Cause.ASSIST: "GC mark assist",
    Cause.STW: "a stop-the-world of the collector",
    Cause.COLLECTION: "a collection",
    Cause.GENERATOR: "lag of the load generator itself",
    Cause.CPU: "a machine without a free processor",
    Cause.STEAL: "CPU taken away by the hypervisor",
    Cause.THROTTLE: "CPU throttling of the cgroup",
    Cause.PRESSURE: "memory or I/O pressure",
    Cause.CONNECT: "waiting for a free connection",
    Cause.ERROR: "a failed response",
}
_ELSEWHERE = (
    "Look for locks, sleeps and calls to others: a CPU, block or mutex profile, or an execution"
    " trace."
)


def sentence(name: str, slow: int, causes: Sequence[CauseTest]) -> str:
    """The answer: who is to blame, and whether the collector is.

    Args:
        name: of the group.
        slow: how many hits are in it.
        causes: every cause with its verdict, those that are blamed first.
    """
    blamed = [test for test in causes if test.blame is Blame.BLAMED]
    collector = [test for test in causes if test.cause.is_gc]
    if blamed:
        text = _blamed(name, slow, blamed)
        return text if blamed[0].cause.is_gc else f"{text} {_not_gc(slow, collector)}".rstrip()
    undecided = [test for test in causes if test.blame is Blame.UNDECIDED]
    text = _not_gc(slow, collector)
    if undecided:
        names = ", ".join(test.cause.value for test in undecided)
        return f"{text} Cannot decide about {names}: {undecided[0].why}.".lstrip()
    explained = "them" if slow > 1 else "it"
    return f"{text} Nothing that was measured explains {explained}. {_ELSEWHERE}".lstrip()


def _blamed(name: str, slow: int, blamed: Sequence[CauseTest]) -> str:
    main = blamed[0]
    text = _overlap(main, slow)
    if main.without is not None:
        text += f" Without it {name} would be {format_duration(_at(main.without, name))}."
    if others := [_ACTIVE[test.cause] for test in blamed[1:]]:
        text += f" Also: {', '.join(others)}."
    return text


def _not_gc(slow: int, collector: Sequence[CauseTest]) -> str:
    """Says that it is not the collector, where every part of it was measured and cleared."""
    if not collector or any(test.blame is not Blame.CLEARED for test in collector):
        return ""
    most = max(collector, key=lambda test: (test.touched, test.expected))
    if most.touched:
        overlap = _overlap(most, slow)
        return f"Not the garbage collector: {overlap[:1].lower()}{overlap[1:-1]} ({most.why})."
    hits = "none of them" if slow > 1 else "little or nothing of it"
    return f"Not the garbage collector: it held up {hits}."


def _overlap(test: CauseTest, slow: int) -> str:
    if slow == 1:
        return f"It overlaps {_ACTIVE[test.cause]} for {format_duration(test.held_ns)}."
    verb = "overlaps" if test.touched == 1 else "overlap"
    return (
        f"{format_count(test.touched)} of {format_count(slow)} {verb} {_ACTIVE[test.cause]}; "
        f"{test.expected:.1f} would by chance."
    )


def _at(latency: Percentiles, name: str) -> float:
    return {"p99": latency.p99, "p99.9": latency.p999}.get(name, latency.max)
