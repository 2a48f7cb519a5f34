"""What rules look at: one window of a run, path by path, with the exact costs beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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
from heapwise.analysis.cpu_paths import CpuTime, cpu_time
from heapwise.analysis.frames import Frame, RuntimeFrames, frames_of
from heapwise.analysis.size_classes import Block, blocks_by_line
from heapwise.diagnose.source.tree import SourceTree
from heapwise.model.finding import Evidence, Interval
from heapwise.model.profile import Profile
from heapwise.model.work import PerWork

_FOLDERS = re.compile(r"^[^(\[]*/")

_ROWS = 5
"""Most call paths that a finding shows."""

_FRAMES = 8
"""Frames of a path that never comes by the service's own code."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Case:
    """One window of a run, as rules see it.

    Attributes:
        runtime: whose program it is: ``go``, ``python``.
        frames: how the runtime's frames are told apart.
        spent: what the window allocated.
        live: bytes still reachable at its end, per call path.
        per_work: the exact costs; None where the counters could not be read.
        blocks: what each allocating line asked for, by size.
        body_bytes: mean body of the responses as sent, compressed or not; None if unknown.
        version: of the runtime, as ``go1.27.3``; empty if unknown.
        source: the service's own; None where nobody gave it.
        cpu: its CPU time by call path; None without a CPU profile.
        gc_share: of the CPU time of the window, that the collector took; None if unknown.
        settings: GOGC, GOMEMLIMIT and their like, as the service was given them; what is unset or
            unknown is missing.
        cgroup_limit: bytes that the service may have; -1 for none or unknown.
        modules: version of each dependency by its path, as the executable says.
    """

    runtime: str
    frames: RuntimeFrames
    spent: Allocation
    live: Mapping[Path, int]
    per_work: PerWork | None
    blocks: Mapping[Frame, tuple[Block, ...]]
    body_bytes: float | None = None
    version: str = ""
    source: SourceTree | None = None
    cpu: CpuTime | None = None
    gc_share: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    cgroup_limit: int = -1
    modules: Mapping[str, str] = field(default_factory=dict)
    _taken: dict[Evidence, tuple[CallSite, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        window: Profile,
        live: Profile | None,
        per_work: PerWork | None,
        *,
        runtime: str,
        body_bytes: float | None = None,
        version: str = "",
        source: SourceTree | None = None,
        cpu: Profile | None = None,
        gc_share: float | None = None,
        settings: Mapping[str, str] | None = None,
        cgroup_limit: int = -1,
        modules: Mapping[str, str] | None = None,
    ) -> Case:
        """Read the profiles of a window.

        Args:
            window: the later heap profile minus the earlier one.
            live: the later one; None if there is none.
            per_work: the exact costs.
            runtime: whose frames these are: ``go``.
            body_bytes: mean body of the responses as sent.
            version: of the runtime.
            source: the service's own.
            cpu: a CPU profile of the window.
            gc_share: of the CPU time, that the collector took.
            settings: the service's GOGC, GOMEMLIMIT and their like.
            cgroup_limit: bytes that the service may have; -1 for none or unknown.
            modules: version of each dependency by its path, as the executable says.
        """
        return cls(
            runtime=runtime,
            frames=frames_of(runtime),
            spent=allocation(window),
            live=live_by_path(live) if live is not None else {},
            per_work=per_work,
            blocks=blocks_by_line(window),
            body_bytes=body_bytes,
            version=version,
            source=source,
            cpu=cpu_time(cpu) if cpu is not None else None,
            gc_share=gc_share,
            settings=settings or {},
            cgroup_limit=cgroup_limit,
            modules=modules or {},
        )

    @property
    def unit(self) -> str:
        """What the work is counted in, ``req`` where nobody said."""
        return self.per_work.work.unit if self.per_work else "req"

    def evidence(self, sites: Sequence[CallSite]) -> Evidence:
        """The figures of some call paths together."""
        weight = total(sites)
        share = self.spent.share(weight)
        taken = Evidence(
            bytes_per_work=bytes_per_work(share, self.per_work),
            allocs_per_work=allocs_per_work(weight, self.per_work),
            bytes_share=share,
            allocs_share=self.spent.count_share(weight),
            hits=round(weight.hits),
            live_bytes=sum(self.live.get(site.path, 0) for site in sites),
            rows=self.rows(sites),
            gc_cpu_share=None if self.gc_share is None else self.gc_share * share.value,
        )
        self._taken[taken] = tuple(sites)
        return taken

    def sites_of(self, evidence: Evidence | None) -> tuple[CallSite, ...]:
        """The call paths whose figures an evidence of this case has."""
        return self._taken.get(evidence, ()) if evidence is not None else ()

    def rows(self, sites: Iterable[CallSite]) -> tuple[str, ...]:
        """The heaviest call paths as ``caller > … > allocator``, as far as they tell something."""
        weights: dict[str, float] = defaultdict(float)
        for site in sites:
            weights[self._row(site.path)] += site.weight.size
        return tuple(sorted(weights, key=lambda row: -weights[row])[:_ROWS])

    def _row(self, path: Path) -> str:
        """From the first frame of the service's own on; without one, the last few."""
        asked = self.frames.caused(path)
        own = [index for index, frame in enumerate(asked) if self.frames.is_own(frame)]
        last = own[-1] if own else min(len(asked), _FRAMES) - 1
        return " > ".join(frame.function for frame in reversed(asked[: last + 1]))


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
