"""Repeated heap profiles of two sides, without the recordings they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from heapwise.analysis.path_changes import path_changes, path_costs
from heapwise.analysis.round_rows import CompareOptions
from heapwise.analysis.stats.mann_whitney import smallest_p
from heapwise.errors import UsageError
from heapwise.model.comparison import Comparison
from heapwise.model.profile import Profile


class NamedProfile(NamedTuple):
    """A profile and what to call it."""

    name: str
    profile: Profile


def compare_profiles(
    bases: Sequence[NamedProfile], news: Sequence[NamedProfile], options: CompareOptions
) -> Comparison:
    """Which call paths allocated more or less, in bytes altogether.

    A profile knows no metric and no unit of work; whoever made them saw to it that all stand for
    the same work.

    Raises:
        UsageError: there are too few to tell anything.
        ProfileError: one of them is no heap profile.
    """
    if smallest_p(len(bases), len(news)) > options.alpha:
        raise UsageError(
            f"{len(bases)} and {len(news)} profiles are too few to tell a change from chance",
            hint="give at least 6 of each; `heapwise diff BASE NEW` shows what two have different",
        )
    sides = [
        [path_costs(each.profile, None, runtime_of(each.profile)) for each in side]
        for side in (bases, news)
    ]
    return Comparison(
        before=bases[0].name,
        after=news[0].name,
        work_unit="",
        rows=(),
        rounds=(len(bases), len(news)),
        alpha=options.alpha,
        confidence=options.confidence,
        min_effect=options.min_effect,
        paths=path_changes(*sides, rate=options.alpha, confidence=options.confidence),
        how=(f"alloc_space of {len(bases)} profiles before and {len(news)} after",),
    )


def runtime_of(profile: Profile) -> str:
    """``go`` or ``python`` by the source files that its functions come from; else empty."""
    for name in profile.strings:
        for ending, runtime in ((b".go", "go"), (b".py", "python")):
            if name.endswith(ending):
                return runtime
    return ""
