"""Which call path explains the growth, and an alert with everything that was found out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from heapwise.analysis.growth.evidence import Capture, Evidence, Says, weigh
from heapwise.model.watch import Alert, Captured, PathGrowth
from heapwise.units import NS_PER_S, format_share, how_many
from heapwise.watch.capture.held import Held
from heapwise.watch.capture.line import Point

_SHOWN = 5
_LEAST = 0.05
"""A path with less of the growth explains nothing."""

_WORTH_SAYING = 0.5
"""From this share on a path stands in the summary."""

_SAID = re.compile(r"; [\d.,]+ % of the growth is in .*\Z", re.DOTALL)

_MOST_CAPTURES = 64
_MOST_NOTES = 40


_SAYS = {
    Says.NOWHERE: "No one call path explains the growth.",
    Says.ENDING: "The paths that explain the growth slow down or have jumped once, as a cache"
    " that fills does.",
    Says.LASTING: "A path that explains half of the growth goes on growing, as a leak does.",
}


def compared(points: Sequence[Point]) -> Evidence:
    """What the captures of a process say; with few of them, what has grown since the first.

    Where no floor is known it is what all paths hold.
    """
    floors = [point.floor for point in points]
    loads = [point.load for point in points]
    if len(points) > 1 and loads[0] is None:  # there was one reading before it
        loads[0] = loads[1]
    evidence = weigh(
        [
            Capture(
                point.captured.at_ns / NS_PER_S,
                total(point.held) if None in floors or floor is None else floor,
                point.held,
                load,
            )
            for point, floor, load in zip(points, floors, loads, strict=True)
        ]
    )
    grows = tuple(
        # More than all of it: what other paths gave back meanwhile.
        msgspec.structs.replace(each, share=min(1.0, each.share))
        for each in evidence.grows
    )
    return replace(evidence, grows=grows or growth(points))


def said(evidence: Evidence) -> str:
    """The same in a sentence; empty where there is too little to tell."""
    return _SAYS.get(evidence.says, "")


def stuck(held: Held) -> str:
    """What the runtime's own search for leaked goroutines found; empty where that is none."""
    path = next(iter(held), "")
    if not path:
        return ""
    share = format_share(held[path] / total(held))
    number = how_many(round(total(held)), "goroutine")
    return f"The runtime finds {number} that can never go on, {share} of them in {path}."


def growth(points: Sequence[Point]) -> tuple[PathGrowth, ...]:
    """What holds more in the last capture than in the first, most first; none of it confirmed.

    The share is of what all paths gained together, so that what others gave back does not make
    one look as if it explained more than all of it.
    """
    first, last = points[0].held, points[-1].held
    gained = {path: amount - first.get(path, 0.0) for path, amount in last.items()}
    gained = {path: amount for path, amount in gained.items() if amount > 0}
    whole = sum(gained.values())
    heaviest = sorted(gained, key=lambda path: -gained[path])[:_SHOWN]
    return tuple(
        PathGrowth(path=path, growth=gained[path], share=gained[path] / whole)
        for path in heaviest
        if gained[path] >= _LEAST * whole
    )


def explained(
    alert: Alert,
    *,
    grows: tuple[PathGrowth, ...],
    captures: Iterable[Captured],
    notes: Iterable[str],
) -> Alert:
    """The alert with its captures, the paths that grow, and the first of them in its summary."""
    before = (each for each in alert.notes if each not in _SAYS.values())  # which may have changed
    known = {each.id: each for each in (*alert.captures, *captures)}
    summary = _SAID.sub("", alert.summary)
    if grows and grows[0].share >= _WORTH_SAYING:
        summary += f"; {format_share(grows[0].share)} of the growth is in {grows[0].path}"
    return msgspec.structs.replace(
        alert,
        summary=summary,
        grows=grows or alert.grows,
        captures=_bounded(sorted(known.values(), key=lambda each: each.id)),
        notes=tuple(dict.fromkeys(filter(None, (*before, *notes))))[-_MOST_NOTES:],
    )


def _bounded(captures: Sequence[Captured]) -> tuple[Captured, ...]:
    """The first, from which growth counts, and the newest."""
    if len(captures) <= _MOST_CAPTURES:
        return tuple(captures)
    return (captures[0], *captures[-_MOST_CAPTURES + 1 :])


def total(held: Held) -> float:
    """Of all paths."""
    return sum(held.values())
