"""The figures that tell what bounds a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from heapwise.analysis.bottleneck.activities import GC, USER, CpuShares
from heapwise.analysis.engine_share import engine_share
from heapwise.analysis.process import growth
from heapwise.analysis.windows import length_ns
from heapwise.model.gc import GcSummary
from heapwise.model.load import LoadResult
from heapwise.model.memory import HostSample
from heapwise.model.profile import Profile
from heapwise.model.recording import Recording, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is known of a run; None where it is not.

    Attributes:
        cpu_share: CPU of the service over CPU available to it.
        processors: available to it: GOMAXPROCS, or CPython's interpreters.
        host_busy: share of the machine's CPU that was busy.
        throttled: share of the time that its cgroup was held back.
        shares: of its CPU per activity; empty without a CPU profile.
        owners: share of its CPU per owner.
        gc_share: of its CPU, that the collector took.
        lock_wait: requests that waited for a lock at any moment, on average.
        load: what the generator did.
        engine_share: of one processor, that the generator used.
    """

    cpu_share: float | None = None
    processors: int = 0
    host_busy: float | None = None
    throttled: float | None = None
    shares: dict[str, float] = field(default_factory=dict)
    owners: dict[str, float] = field(default_factory=dict)
    gc_share: float | None = None
    lock_wait: float | None = None
    load: LoadResult | None = None
    engine_share: float | None = None

    @property
    def concurrency(self) -> float | None:
        """Requests under way at any moment, on average, by Little's law."""
        if self.load is None or self.load.total.service is None:
            return None
        return self.load.total.achieved_rate * self.load.total.service.mean / 1e9

    @property
    def waiting(self) -> float | None:
        """The share of a request's time in which the service did nothing for it."""
        under_way = self.concurrency
        if under_way is None or self.cpu_share is None or under_way <= 0:
            return None
        return max(0.0, 1.0 - self.cpu_share * self.processors / under_way)


def measure(
    recording: Recording,
    windows: Sequence[Window],
    load: LoadResult | None,
    gc: GcSummary | None,
) -> Measured:
    """Read every figure there is from a recording.

    Args:
        recording: the run, with its captures among `Recording.profiles`.
        windows: settled.
        load: what the generator did; None where somebody else made the load.
        gc: the collector in these windows.
    """
    elapsed, processors = length_ns(windows), available(recording)
    cpu = growth(recording.process, windows, lambda sample: sample.cpu_ns)
    cpu_share = cpu / (elapsed * processors) if cpu is not None and elapsed and processors else None
    gc_share = _collecting(gc, cpu_share)
    profiles = _captured(recording, "cpu")
    found = CpuShares(profiles[0][1], recording.manifest.service.runtime) if profiles else None
    return Measured(
        cpu_share=cpu_share,
        processors=processors,
        host_busy=_busy(recording.host, windows),
        throttled=_throttled(recording.host, windows),
        shares=_shares(found, gc_share, python=recording.manifest.service.runtime == "python"),
        owners=found.owners if found else {},
        gc_share=gc_share,
        lock_wait=_lock_wait(recording, windows),
        load=load,
        engine_share=engine_share(recording),
    )


def available(recording: Recording) -> int:
    """Processors that the service could use; 0 if unknown."""
    service = recording.manifest.service
    if service.runtime == "python":
        return _whole(service.settings.get("processes", "")) or 1
    told = _whole(service.settings.get("GOMAXPROCS", ""))
    seen = max((cycle.processors for cycle in recording.cycles), default=0)
    return seen or told or (recording.manifest.machine.cpus if service.same_host else 0)


def _collecting(gc: GcSummary | None, cpu_share: float | None) -> float | None:
    """The collector's part of the service's CPU.

    Its own figures are of the wall clock. Where the service did not get the processors it asked
    for, they can exceed the CPU that it used, and tell nothing of it.
    """
    if gc is None or gc.cpu_share is None or not cpu_share or gc.cpu_share > cpu_share:
        return None
    return gc.cpu_share / cpu_share


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _shares(found: CpuShares | None, gc_share: float | None, *, python: bool) -> dict[str, float]:
    """CPython collects below whatever frame it is in, so its share comes from its pauses."""
    if found is None:
        return {}
    if python and gc_share is not None:
        return {GC: gc_share, USER: 1.0 - gc_share}
    return dict(sorted(found.activities.items(), key=lambda item: -item[1]))


def _captured(recording: Recording, kind: str) -> list[tuple[int, Profile]]:
    """The profiles of one kind that could be read, with when they were asked for, in order."""
    return [
        (capture.began_ns, recording.profiles[capture.file])
        for capture in recording.captures
        if capture.kind == kind and capture.file in recording.profiles
    ]


def _lock_wait(recording: Recording, windows: Sequence[Window]) -> float | None:
    """Delay that the mutex profiles gained, per time.

    They count since the process started; what is empty before a window is not kept.
    """
    elapsed, kept = length_ns(windows), _captured(recording, "mutex")
    if not kept or not elapsed:
        return None
    begin = windows[0].before.at_ns
    before = [profile for at, profile in kept if at <= begin + elapsed // 2]
    after = [profile for at, profile in kept if at > begin + elapsed // 2]
    if not after:
        return None
    return max(0, _delay(after[-1]) - (_delay(before[0]) if before else 0)) / elapsed


def _delay(profile: Profile) -> int:
    types = [each.type for each in profile.sample_types]
    return int(profile.values[:, types.index("delay")].sum()) if "delay" in types else 0


def _busy(samples: Sequence[HostSample], windows: Sequence[Window]) -> float | None:
    inside = _inside(samples, windows)
    if len(inside) < 2:
        return None
    busy = _gained(inside, lambda each: each.busy_ns + max(0, each.steal_ns))
    idle = _gained(inside, lambda each: each.idle_ns)
    return busy / (busy + idle) if busy + idle else None


def _throttled(samples: Sequence[HostSample], windows: Sequence[Window]) -> float | None:
    inside = _inside(samples, windows)
    if len(inside) < 2 or min(inside[0].throttled_ns, inside[-1].throttled_ns) < 0:
        return None
    elapsed = inside[-1].at_ns - inside[0].at_ns
    if elapsed <= 0:
        return None
    # The kernel adds up its processors: several that wait at once are more than all of the time.
    return min(1.0, _gained(inside, lambda each: each.throttled_ns) / elapsed)


def _gained(samples: Sequence[HostSample], counter: Callable[[HostSample], int]) -> int:
    return max(0, counter(samples[-1]) - counter(samples[0]))


def _inside(samples: Iterable[HostSample], windows: Sequence[Window]) -> list[HostSample]:
    """Readings from the first fence to the last."""
    ends = [window.after.at_ns for window in windows if window.after is not None]
    if not ends:
        return []
    begin = windows[0].before.at_ns
    return [sample for sample in samples if begin <= sample.at_ns <= max(ends)]
