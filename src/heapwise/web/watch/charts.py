"""Places for the charts of a page, and the data that they are filled with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from heapwise.model.watch import Alert, Bin, Target
from heapwise.names import visible
from heapwise.report.chart_data import chart_lines
from heapwise.units import NS_PER_S
from heapwise.watch.scale import Scale
from heapwise.web.watch import ranges
from heapwise.web.watch.html import look
from heapwise.web.watch.services import by_service
from heapwise.web.watch.source import Watched
from heapwise.web.watch.timeline import BIN_MINUTES, Grid, charts, least_coverage, spacing

_TITLES = {
    "live": ("Live heap", "the least of every bin: what a leak makes rise"),
    "gc": ("CPU for collecting", "share of what the process could have had"),
    "pauses": ("GC pauses", "p99 of every bin"),
    "work": ("Allocated per request", "bytes"),
    "allocated": ("Allocated a second", "bytes"),
    "tasks": ("Goroutines, threads, tasks", "the least of every bin"),
}
_EXPLAINS = {
    "gc-share": "gc", "assist": "gc", "pauses": "pauses", "py-gen2": "pauses",
    "alloc-step": "work", "tasks": "tasks",
}  # fmt: skip
"""The chart that shows what a sign is about, where that is not the live heap."""

_ENOUGH = 8
"""Instances that tell how far apart the bins of a service are."""


class View(NamedTuple):
    """What the template of the charts needs.

    Attributes:
        service: whose.
        instance: one of its instances, empty for all.
        instances: their names, to choose from.
        range: the choice shown first, of `ranges`.
        ranges: all choices, with their words.
        charts: kind, title and note of each place.
    """

    service: str
    instance: str
    instances: list[str]
    range: str
    ranges: list[tuple[str, str]]
    charts: list[tuple[str, str, str]]


def view_of_service(name: str, instance: str, instances: list[str], scale: Scale) -> View:
    """All charts of a service."""
    places = [(kind, *words) for kind, words in _TITLES.items()]
    return View(name, instance, instances, ranges.DEFAULT, ranges.labels(scale), places)


def view_of_alert(alert: Alert, now_ns: int, scale: Scale) -> View:
    """The chart of what an alert is about, and the live heap."""
    kinds = dict.fromkeys(("live", _EXPLAINS.get(alert.code, "live")))
    places = [(kind, *_TITLES[kind]) for kind in kinds]
    shown = ranges.reaching(alert, now_ns, scale)
    return View(alert.service, alert.instance, [], shown, ranges.labels(scale), places)


def chart_data(watched: Watched, service: str, instance: str, key: str) -> dict[str, Any]:
    """What the charts draw; times are seconds since ``origin``, which is unix seconds.

    Args:
        watched: what is watched.
        service: whose charts; one that is unknown has empty ones.
        instance: of it, empty for all; one that is watched no more has those of its past.
        key: how far back, of `ranges`.
    """
    now = watched.now_ns()
    begin = ranges.begin_of(key, now, watched.scale)
    keys = {
        state.target.instance: state.target.key
        for state in by_service(watched.states()).get(service, ())
        if not instance or state.target.instance == instance
    }
    if instance and not keys:
        keys[instance] = Target(service=service, instance=instance, url="").key
    if not begin:
        firsts = (each[0].begin_ns for _, each in _bins(watched, keys, 0) if each)
        begin = min(firsts, default=now)
    some = (each for _, each in islice(_bins(watched, keys, begin), _ENOUGH))
    grid = Grid.over(begin, now, spacing(some, watched.scale.ns(minutes=BIN_MINUTES)))
    coverage: list[float] = []
    drawn = charts(_noting(_bins(watched, keys, begin), coverage), grid)
    return {
        "origin": begin // NS_PER_S,
        "end": (now - begin) / NS_PER_S,
        "charts": {kind: chart_lines(lines) for kind, lines in drawn.items()},
        "coverage": min(coverage, default=None),
        **_marks(watched, service, instance, list(keys.values()), begin, now),
    }


def _bins(
    watched: Watched, keys: dict[str, str], begin_ns: int
) -> Iterator[tuple[str, Sequence[Bin]]]:
    """Of one instance after the other, by name."""
    for name in sorted(keys):
        yield name, watched.bins(keys[name], begin_ns)


def _noting(
    bins: Iterable[tuple[str, Sequence[Bin]]], coverage: list[float]
) -> Iterator[tuple[str, Sequence[Bin]]]:
    """The same, and the least share of pauses that was seen of each."""
    for name, each in bins:
        if (least := least_coverage([each])) is not None:
            coverage.append(least)
        yield name, each


def _marks(
    watched: Watched, service: str, instance: str, keys: list[str], begin_ns: int, now_ns: int
) -> dict[str, Any]:
    """What happened meanwhile: deploys, alerts and captures."""

    def at(ns: int) -> float:
        return round((ns - begin_ns) / NS_PER_S, 3)

    alerts = [each for each in watched.alerts()
              if each.service == service and (not instance or each.instance == instance)
              and (each.ended_ns or now_ns) >= begin_ns]  # fmt: skip
    deploys = [each for each in watched.deploys(service) if each.at_ns >= begin_ns]
    captures = [each for key in keys for each in watched.profiles(key, begin_ns)]
    return {
        "deploys": [{"at": at(each.at_ns), "build": visible(each.build)} for each in deploys],
        "alerts": [
            {
                "from": at(max(each.began_ns, begin_ns)),
                "to": at(each.ended_ns or now_ns),
                "code": visible(each.code),
                "look": look(each),
            }
            for each in alerts
        ],
        "captures": [{"at": at(each.at_ns), "kind": visible(each.kind)} for each in captures],
    }
