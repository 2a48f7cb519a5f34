"""Where a CPU profile saw the service: its time, call path by call path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from heapwise.analysis.frames import CallPaths, Frame
from heapwise.model.profile import Profile


@dataclass(frozen=True, slots=True, eq=False)
class CpuTime:
    """CPU time by call path, leaf first, ns.

    Attributes:
        paths: each path and its time.
        total: of them all.
    """

    paths: tuple[tuple[Sequence[Frame], int], ...]
    total: int

    def share(self, passes: Callable[[Sequence[Frame]], bool]) -> float | None:
        """The share of the time on paths that pass a test; None where there is no time at all."""
        if not self.total:
            return None
        return sum(spent for path, spent in self.paths if passes(path)) / self.total


def cpu_time(profile: Profile) -> CpuTime:
    """Read a CPU profile; one that counts no time has none."""
    types = [each.type for each in profile.sample_types]
    if "cpu" not in types:
        return CpuTime((), 0)
    paths = CallPaths(profile)
    spent = zip(profile.stacks.tolist(), profile.column("cpu").tolist(), strict=True)
    found = tuple((paths.stack(stack), value) for stack, value in spent if value > 0)
    return CpuTime(found, sum(value for _, value in found))
