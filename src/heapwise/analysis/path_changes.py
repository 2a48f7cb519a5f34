"""Which call paths allocate more or less than before, from repeated profiles.

A single profile says how far its rows may be off by sampling; repeated ones also show what the
service itself does differently from run to run, so a path is judged by its rounds alone.

With few rounds even the clearest difference has a p-value that is not small, and every path more
that is looked at makes the correction stricter. So only as many are compared as the rounds can
tell apart: the heaviest over both sides together, a choice that does not know the sides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median

import msgspec

from heapwise.analysis.allocation import allocation
from heapwise.analysis.families import closure
from heapwise.analysis.frames import frames_of
from heapwise.analysis.owners import owner_index
from heapwise.analysis.stats.mann_whitney import mann_whitney, smallest_p
from heapwise.analysis.stats.multiple import benjamini_hochberg
from heapwise.analysis.stats.shift import difference
from heapwise.model.comparison import PathChange
from heapwise.model.profile import Profile
from heapwise.model.report import RunReport
from heapwise.model.work import PerWork

Path = tuple[str, ...]
"""Functions, outermost first."""

Costs = Mapping[Path, float]
"""Bytes of each path in one round."""

MOST = 50
"""Paths that are compared at most; what is below has little left to say."""


def path_costs(window: Profile, per_work: PerWork | None, runtime: str) -> Costs:
    """Bytes per unit of work of every path from its owner to the allocator.

    Args:
        window: the later heap profile of a round minus the earlier one, or any heap profile.
        per_work: the exact costs of the round; None gives bytes as the profile has them.
        runtime: whose frames these are: ``go``.

    Raises:
        ProfileError: it is not a heap profile.
    """
    spent, frames = allocation(window), frames_of(runtime)
    costs: dict[Path, float] = defaultdict(float)
    total = spent.total.size
    exact = per_work.bytes if per_work is not None and per_work.bytes is not None else total
    for site in spent.sites:
        owned = site.path[: owner_index(site.path, frames) + 1]
        path = tuple(frame.function for frame in reversed(owned))
        costs[path] += site.weight.size * exact / total if total > 0 else 0.0
    return costs


def owner_costs(report: RunReport) -> Costs:
    """Bytes per unit of work of every owner in a report's table, each as a path of one frame."""
    costs: dict[Path, float] = defaultdict(float)
    for row in report.owners.rows if report.owners else ():
        costs[(row.owner,)] += row.bytes_per_work.value if row.bytes_per_work else 0.0
    return costs


def path_changes(
    bases: Sequence[Costs], news: Sequence[Costs], *, rate: float, confidence: float
) -> tuple[PathChange, ...]:
    """The heaviest paths, those that changed most first.

    A path that a round lacks cost nothing there. Closures that only got another number are one.

    Args:
        bases: one a round.
        news: the same.
        rate: the share of the paths said to have changed that may be wrong.
        confidence: of the intervals.

    Returns:
        Nothing where there are too few rounds to tell anything.
    """
    if not bases or not news:
        return ()
    limit = min(MOST, int(rate / smallest_p(len(bases), len(news))))
    names = {_same(path): path for costs in (*bases, *news) for path in costs}
    before, after = ([_merged(costs) for costs in side] for side in (bases, news))
    found = [
        _change(names[key], [costs[key] for costs in before], [costs[key] for costs in after],
                confidence)
        for key in _heaviest(names, [*before, *after])[:limit]
    ]  # fmt: skip
    kept = [change for change in found if change is not None]
    adjusted = benjamini_hochberg([change.p for change in kept])
    judged = [
        msgspec.structs.replace(change, q=q, changed=q <= rate)
        for change, q in zip(kept, adjusted, strict=True)
    ]
    return tuple(sorted(judged, key=lambda change: -abs(change.after - change.before)))


def _same(path: Path) -> Path:
    return tuple(map(closure, path))


def _merged(costs: Costs) -> Costs:
    """The same with paths that differ only in the numbers of closures added up."""
    merged: dict[Path, float] = defaultdict(float)
    for path, size in costs.items():
        merged[_same(path)] += size
    return merged


def _heaviest(keys: Iterable[Path], rounds: Sequence[Costs]) -> list[Path]:
    """By the mean of all rounds: dealing them out to the sides anew changes nothing."""
    return sorted(keys, key=lambda key: fmean(costs[key] for costs in rounds), reverse=True)


def _change(
    path: Path, before: Sequence[float], after: Sequence[float], confidence: float
) -> PathChange | None:
    """One path, not corrected yet; None where there are too few rounds for an interval."""
    interval = difference(before, after, confidence)
    if interval is None:
        return None
    p = mann_whitney(before, after)
    return PathChange(
        path=path,
        before=median(before),
        after=median(after),
        low=interval.low,
        high=interval.high,
        p=p,
        q=p,
        changed=False,
    )
