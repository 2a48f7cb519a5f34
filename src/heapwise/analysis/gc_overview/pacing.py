"""GOGC and GOMEMLIMIT: told, or worked out from what the collector aims at."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from heapwise.analysis.live_heap import NO_GOAL
from heapwise.errors import UsageError
from heapwise.model.gc_overview import Pacing
from heapwise.model.gc_timeline import Collection
from heapwise.units import format_share, format_size, parse_size

OFF = -1
"""GOGC=off, or no memory limit."""

TIGHT = 0.15
"""Room above the live heap below which a limit rather than GOGC must decide: nobody sets GOGC=15.

Measured on Go 1.19 and 1.26 with 48 MiB alive: limits of 50, 60 and 64 MiB leave 0 to 0.06, and a
cycle goes on nine tenths of the time; 70 MiB leaves 0.2, and it is half of it; GOGC=30 leaves 0.3.
"""

_LARGE_ENOUGH = 8 << 20
"""Below, a MiB that was cut away is more than a tenth, and Go's smallest goal decides."""

_FIRST_GOAL = 4 << 20
_FAR_ABOVE = 2
_SHORT_OF = 0.9
_HALF_MIB = 1 << 19


class Told(NamedTuple):
    """What the service was started with; None where it is not known, `OFF` for off or none."""

    gogc: float | None = None
    memory_limit: int | None = None


def told_by(settings: Mapping[str, str], *, whole: bool) -> Told:
    """What the environment of a service says.

    Args:
        settings: of a recording.
        whole: the environment is known: what is not in it has its default.
    """
    gogc, limit = (settings.get(name, "" if whole else None) for name in ("GOGC", "GOMEMLIMIT"))
    return Told(None if gogc is None else _percent(gogc), None if limit is None else _limit(limit))


def pacing_of(
    collections: Sequence[Collection], told: Told, first: Collection | None = None
) -> Pacing:
    """What decides when a cycle begins.

    A cycle's goal was set by the one before it: goal = live + (live + roots) · GOGC/100
    (https://go.dev/doc/gc-guide#GOGC; before Go 1.18 without the roots), unless a memory limit
    puts it lower. The first goal of a process is 4 MiB · GOGC/100, whatever is alive, or that of
    its roots if these are larger.

    Args:
        collections: in order.
        told: what is known of the settings.
        first: cycle of the process, where it is known.
    """
    pairs = [
        (earlier, later.goal)
        for earlier, later in pairwise(collections)
        if later.number == earlier.number + 1 and earlier.heap_live >= _LARGE_ENOUGH
    ]
    rooms = [(goal - each.heap_live) / each.heap_live for each, goal in pairs if 0 < goal < NO_GOAL]
    room = max(0.0, statistics.median(rooms)) if rooms else None
    inferred = _inferred(pairs)
    if _contradicted(pairs, inferred, told):
        told = Told()
    binds, why = _binds(pairs, room, inferred, told)
    if binds is None and inferred is not None and told.gogc is None:
        binds, why = _first_goal(first, inferred)
    return Pacing(
        gogc=told.gogc if told.gogc is not None else None if binds else inferred,
        gogc_told=told.gogc is not None,
        memory_limit=told.memory_limit,
        room=room,
        binds=binds,
        why=why,
    )


def _inferred(pairs: Sequence[tuple[Collection, int]]) -> float | None:
    """GOGC in per cent from what goals leave above the live heap; half a MiB was cut off each."""
    if pairs and all(goal >= NO_GOAL for _, goal in pairs):
        return OFF
    found = [
        100 * (goal - each.heap_live) / (each.heap_live + _HALF_MIB + max(0, each.roots))
        for each, goal in pairs
        if 0 < goal < NO_GOAL
    ]
    return max(0.0, statistics.median(found)) if found else None


def _contradicted(
    pairs: Sequence[tuple[Collection, int]], inferred: float | None, told: Told
) -> bool:
    """True where goals are not those of the settings, which a program can change as it runs.

    `debug.SetGCPercent` and `debug.SetMemoryLimit` (which containers' limits are often handed to)
    leave no trace in the environment. A limit that is told explains any lower goal by itself.
    """
    if inferred in (None, OFF) or told.gogc in (None, OFF) or told.memory_limit != OFF:
        return False
    cut_away = 100 * 2 * _HALF_MIB / statistics.median(each.heap_live for each, _ in pairs)
    return abs(inferred - told.gogc) > (1 - _SHORT_OF) * told.gogc + cut_away


def _binds(
    pairs: Sequence[tuple[Collection, int]], room: float | None, inferred: float | None, told: Told
) -> tuple[bool | None, str]:
    if told.memory_limit == OFF:
        return False, "there is no memory limit"
    if told.memory_limit is not None and told.gogc == OFF:
        return True, "GOGC is off: only the limit starts cycles"
    if told.memory_limit is not None and told.gogc is not None and inferred is not None:
        short = inferred < _SHORT_OF * told.gogc
        return short, f"goals are as GOGC={inferred:.0f} would put them"
    if room is not None and room < TIGHT and told.gogc is None:
        live = statistics.median(each.heap_live for each, _ in pairs)
        return True, (
            f"goals lie {format_share(room)} above the {format_size(live)} that is alive, "
            "which a memory limit does, or a GOGC below 15"
        )
    return None, ""


def _first_goal(first: Collection | None, inferred: float) -> tuple[bool | None, str]:
    """With GOGC=off the first goal is the limit's already."""
    if first is None or first.number != 1 or first.goal >= NO_GOAL:
        return None, ""
    expected = max(_FIRST_GOAL, first.roots) * inferred / 100
    if first.goal <= _FAR_ABOVE * expected:
        return None, ""
    return True, (
        f"the first cycle came at {format_size(first.goal)}; GOGC={inferred:.0f} would have begun "
        f"at {format_size(expected)}"
    )


def _percent(text: str) -> float | None:
    if text == "off":
        return OFF
    try:
        value = int(text or 100)
    except ValueError:
        return None
    return OFF if value < 0 else float(value)


def _limit(text: str) -> int | None:
    if text in ("", "off"):
        return OFF
    try:
        value = parse_size(text)
    except UsageError:
        return None
    return OFF if value >= NO_GOAL else value
