"""What a window allocated, call path by call path, and how far each figure can be trusted.

Totals come from exact counters and only the shares from the sampled profile, whose own total is
off by some per cent from run to run. Objects are not stretched to their exact total: what the
profile lacks there are tiny objects that the runtime combines in blocks and never samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from heapwise.analysis.frames import CallPaths, Frame
from heapwise.analysis.python_frames import is_agent
from heapwise.analysis.sampling_error import (
    Sampling,
    interval,
    sampling,
    scaled,
    share_interval,
    unseen,
)
from heapwise.errors import ProfileError
from heapwise.model.finding import Interval
from heapwise.model.profile import Profile
from heapwise.model.work import PerWork

Path = tuple[Frame, ...]
"""A call path, leaf first, inlined frames in their places."""

_DEBUG_HANDLER = "net/http/pprof."
_PROFILE_WRITER = "runtime/pprof."


@dataclass(slots=True)
class Weight:
    """What a group of samples weighs, with the error of it.

    Attributes:
        size: estimated bytes.
        size_variance: their variance.
        count: estimated objects.
        count_variance: their variance.
        hits: sampled events.
    """

    size: float = 0.0
    size_variance: float = 0.0
    count: float = 0.0
    count_variance: float = 0.0
    hits: float = 0.0

    def add(self, other: Weight) -> None:
        """Take in another group."""
        self.size += other.size
        self.size_variance += other.size_variance
        self.count += other.count
        self.count_variance += other.count_variance
        self.hits += other.hits


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call path that allocates.

    Attributes:
        path: where.
        weight: of all samples with this path.
    """

    path: Path
    weight: Weight


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a window allocated, path by path, without what measuring it cost.

    Attributes:
        sites: one per distinct path.
        total: of them all.
        measuring: what was left out.
        distance: mean bytes between two samples; 0 where nothing was missed.
    """

    sites: tuple[CallSite, ...]
    total: Weight
    measuring: Weight
    distance: float

    def part(self, size: float) -> float:
        """``size`` bytes as a share of all, 0 where there are none."""
        return size / self.total.size if self.total.size > 0 else 0.0

    def share(self, part: Weight) -> Interval:
        """The share of all bytes that ``part`` holds."""
        rest = self.total.size - part.size
        rest_variance = self.total.size_variance - part.size_variance
        return share_interval(
            interval(part.size, part.size_variance),
            interval(rest, max(0.0, rest_variance)) if rest > 0 else unseen(self.distance),
        )

    def count_share(self, part: Weight) -> Interval:
        """The share of all sampled objects that ``part`` holds."""
        rest = self.total.count - part.count
        rest_variance = self.total.count_variance - part.count_variance
        # How many objects an event stands for depends on their size: take that of the seen ones.
        weight = self.total.count_variance / self.total.count if self.total.count > 0 else 0.0
        return share_interval(
            interval(part.count, part.count_variance),
            interval(rest, max(0.0, rest_variance)) if rest > 0 else unseen(weight),
        )


def allocation(window: Profile) -> Allocation:
    """Read a window's difference profile path by path.

    Raises:
        ProfileError: it is not a heap profile.
    """
    types = {each.type for each in window.sample_types}
    if not types >= {"alloc_objects", "alloc_space"}:
        raise ProfileError(
            "not a heap profile",
            f"it counts {', '.join(sorted(types)) or 'nothing'}",
            "take it from /debug/pprof/heap",
        )
    paths = CallPaths(window)
    errors = sampling(window)
    sites: dict[Path, Weight] = defaultdict(Weight)
    total, measuring = Weight(), Weight()
    for frames, weight in _weights(window, paths, errors):
        if is_measuring(frames):
            measuring.add(weight)
            continue
        sites[frames].add(weight)
        total.add(weight)
    return Allocation(
        sites=tuple(CallSite(path, weight) for path, weight in sites.items()),
        total=total,
        measuring=measuring,
        distance=float(window.period) if window.period > 1 else 0.0,
    )


def is_measuring(path: Path) -> bool:
    """Whether a path answers a debug request or writes a profile.

    A service that profiles itself, from a goroutine of its own, is not meant: that is its work.
    """
    if any(map(_measures, path)):
        return True
    served = path[-1].function.startswith(("net/http.", _PROFILE_WRITER))
    return served and any(frame.function.startswith(_PROFILE_WRITER) for frame in path)


@lru_cache(maxsize=1 << 16)
def _measures(frame: Frame) -> bool:
    return frame.function.startswith(_DEBUG_HANDLER) or is_agent(frame.file)


def live_by_path(live: Profile) -> dict[Path, int]:
    """Bytes still reachable in a profile, per call path, without what measuring holds."""
    paths = CallPaths(live)
    reachable: dict[Path, int] = defaultdict(int)
    for stack, size in zip(live.stacks.tolist(), live.column("inuse_space").tolist(), strict=True):
        frames = paths.stack(stack)
        if size > 0 and frames and not is_measuring(frames):
            reachable[frames] += size
    return reachable


def bytes_per_work(share: Interval, per_work: PerWork | None) -> Interval | None:
    """A share of the exact total; None where there is no total."""
    if per_work is None or per_work.bytes is None:
        return None
    return scaled(share, per_work.bytes)


def allocs_per_work(weight: Weight, per_work: PerWork | None) -> Interval | None:
    """The estimated objects per unit of work, as sampled; None where no work is known."""
    if per_work is None or not per_work.work.count:
        return None
    return scaled(interval(weight.count, weight.count_variance), 1 / per_work.work.count)


def _weights(window: Profile, paths: CallPaths, errors: Sampling) -> Iterable[tuple[Path, Weight]]:
    size, count = window.column("alloc_space"), window.column("alloc_objects")
    # Counters only grow; what became less is of another process or another rate, and no credit.
    size, count = np.maximum(size, 0), np.maximum(count, 0)
    columns = (size, errors.bytes_variance, count, errors.objects_variance, errors.hits)
    for sample in np.flatnonzero((size > 0) | (count > 0)):
        frames = paths.stack(int(window.stacks[sample]))
        if frames:
            yield frames, Weight(*(float(column[sample]) for column in columns))
