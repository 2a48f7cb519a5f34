"""What rules look at: one window of a run, path by path, with the exact costs beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from heapwise.analysis.allocation import (
    Allocation,
    CallSite,
    Path,
    Weight,
    allocation,
    allocs_per_work,
    bytes_per_work,
    live_by_path,
)
from heapwise.analysis.frames import Frame, RuntimeFrames, frames_of
from heapwise.model.finding import Evidence, Interval
from heapwise.model.profile import Profile
from heapwise.model.work import PerWork

_FOLDERS = re.compile(r"^[^(\[]*/")

_ROWS = 5
"""Most call paths that a finding shows."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Case:
    """One window of a run, as rules see it.

    Attributes:
        frames: how the runtime's frames are told apart.
        spent: what the window allocated.
        live: bytes still reachable at its end, per call path.
        per_work: the exact costs; None where the counters could not be read.
    """

    frames: RuntimeFrames
    spent: Allocation
    live: Mapping[Path, int]
    per_work: PerWork | None

    @classmethod
    def of(
        cls,
        window: Profile,
        live: Profile | None,
        per_work: PerWork | None,
        *,
        runtime: str,
    ) -> Case:
        """Read the profiles of a window.

        Args:
            window: the later heap profile minus the earlier one.
            live: the later one; None if there is none.
            per_work: the exact costs.
            runtime: whose frames these are: ``go``.
        """
        return cls(
            frames=frames_of(runtime),
            spent=allocation(window),
            live=live_by_path(live) if live is not None else {},
            per_work=per_work,
        )

    @property
    def unit(self) -> str:
        """What the work is counted in, ``req`` where nobody said."""
        return self.per_work.work.unit if self.per_work else "req"

    def evidence(self, sites: Sequence[CallSite]) -> Evidence:
        """The figures of some call paths together."""
        weight = total(sites)
        share = self.spent.share(weight)
        return Evidence(
            bytes_per_work=bytes_per_work(share, self.per_work),
            allocs_per_work=allocs_per_work(weight, self.per_work),
            bytes_share=share,
            allocs_share=self.spent.count_share(weight),
            hits=round(weight.hits),
            live_bytes=sum(self.live.get(site.path, 0) for site in sites),
            rows=self.rows(sites),
        )

    def rows(self, sites: Iterable[CallSite]) -> tuple[str, ...]:
        """The heaviest call paths as ``caller > … > allocator``, from the first own frame on."""
        weights: dict[str, float] = defaultdict(float)
        for site in sites:
            weights[self._row(site.path)] += site.weight.size
        return tuple(sorted(weights, key=lambda row: -weights[row])[:_ROWS])

    def _row(self, path: Path) -> str:
        own = (
            index
            for index in range(len(path) - 1, -1, -1)
            if not self.frames.is_library(path[index].function, path[index].file)
        )
        return " > ".join(frame.function for frame in reversed(path[: next(own, len(path)) + 1]))


def short(path: Iterable[Frame]) -> str:
    """A path, leaf first, as ``caller > … > allocator`` without the folders of packages."""
    names = [_FOLDERS.sub("", frame.function) for frame in path]
    return " > ".join(reversed(names))


def value(interval: Interval | None) -> float | None:
    """The middle of an interval, None where there is none."""
    return interval.value if interval is not None else None


def total(sites: Iterable[CallSite]) -> Weight:
    """What some call paths weigh together."""
    weight = Weight()
    for site in sites:
        weight.add(site.weight)
    return weight
