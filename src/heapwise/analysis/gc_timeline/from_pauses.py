"""Collections of which only the pause and its end are known: rings, and CPython's callbacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from heapwise.analysis.gc_timeline.clock import clock_doubt_ns
from heapwise.analysis.gc_timeline.stretch import Stretch
from heapwise.formats.memstats import MemStats
from heapwise.model.gc import Pause
from heapwise.model.gc_timeline import Collection, GcSource, GcTimeline, Stop
from heapwise.model.recording import Recording

VICTIM = "gc-victim"
"""Event of a recording: ``number`` of a collection of CPython and the ``stack`` it held up."""

_RING_NOTE = (
    "the ring tells when a cycle ended and how long both its stops were together, "
    "not when marking began"
)
_CALLBACK_NOTE = "a collection of CPython stops its interpreter from beginning to end"


def timeline_from_memstats(stats: MemStats, source: GcSource) -> GcTimeline | None:
    """The timeline of one reading, clock ``unix``; None where it has no ring.

    Args:
        stats: read from expvar or from ``heap?debug=1``.
        source: which of the two.
    """
    pauses = stats.pauses
    if not pauses:
        return None
    return GcTimeline(
        source=source,
        clock="unix",
        uncertainty_ns=0,
        begin_ns=pauses[0].end_ns - pauses[0].pause_ns,
        end_ns=pauses[-1].end_ns,
        happened=len(pauses),
        coverage=1.0,
        collections=tuple(_collections(pauses, 0, {})),
        notes=(_RING_NOTE,),
    )


def pause_timeline(recording: Recording, stretch: Stretch | None) -> GcTimeline | None:
    """The timeline of the pauses that were read beside the load; None where there are none."""
    pauses, shift = recording.pauses, -recording.manifest.clock.wall_ns
    if not pauses:
        return None
    python = recording.manifest.service.runtime == "python"
    numbers = [pause.number for pause in pauses]
    happened = max(numbers) - min(numbers) + 1
    collections = tuple(_collections(pauses, shift, victims(recording)))
    return GcTimeline(
        source=GcSource.CALLBACKS if python else GcSource.RING,
        clock="run",
        uncertainty_ns=clock_doubt_ns(recording),
        begin_ns=stretch.begin_ns if stretch else collections[0].start_ns,
        end_ns=stretch.end_ns if stretch else collections[-1].end_ns,
        happened=stretch.happened if stretch else happened,
        coverage=stretch.coverage(numbers) if stretch else len(set(numbers)) / happened,
        collections=collections,
        stops=tuple(_stops(collections)) if python else (),
        notes=(_CALLBACK_NOTE if python else _RING_NOTE,),
    )


def victims(recording: Recording) -> dict[int, str]:
    """The stacks that had to wait, by number of the collection, as far as they were recorded."""
    found = {}
    for event in recording.events:
        number, stack = event.fields.get("number"), event.fields.get("stack")
        if event.kind == VICTIM and isinstance(number, int) and isinstance(stack, str):
            found[number] = stack
    return found


def _collections(
    pauses: Sequence[Pause], shift: int, stacks: Mapping[int, str]
) -> Iterable[Collection]:
    """In order of their end, not of their numbers: after a restart these begin anew."""
    for pause in sorted(pauses, key=lambda each: each.end_ns):
        yield Collection(
            number=pause.number,
            start_ns=pause.end_ns - pause.pause_ns + shift,
            end_ns=pause.end_ns + shift,
            pause_ns=pause.pause_ns,
            generation=pause.generation,
            collected=pause.collected,
            uncollectable=pause.uncollectable,
            forced=pause.forced,
            victim=stacks.get(pause.number, ""),
        )


def _stops(collections: Iterable[Collection]) -> Iterable[Stop]:
    for each in collections:
        yield Stop(each.start_ns, each.end_ns, f"gen{max(0, each.generation)}")
