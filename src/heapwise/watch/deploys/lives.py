"""What a process did at each age: blocks of time from its start, to be compared at equal age.

A process that has just begun fills its caches and is not compiled yet, where it compiles; after a
day it has what it needs. Two builds are alike only at the same age.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from heapwise.model.watch import Bin, Stretch
from heapwise.units import NS_PER_S
from heapwise.watch.history import BIN_MINUTES
from heapwise.watch.scale import Scale


@dataclass(frozen=True, slots=True)
class Age:
    """An age at which builds are compared, by what was done until then.

    Attributes:
        minutes: the age.
        since: minutes of age from which on it counts.
        block: minutes of one sample.
        effect: relative changes below it do not count. In a few minutes noise that lasts as long
            is no noise but a level.
    """

    minutes: float
    since: float
    block: float
    effect: float


AGES = (
    Age(10, 2, 1, effect=0.15),
    Age(60, 10, 5, effect=0.10),
    Age(1440, 60, 60, effect=0.10),
)
"""When a deploy is judged. Each age has its own time, so that no verdict repeats another's."""

_OF_BINS = tuple(age for age in AGES if age.block >= BIN_MINUTES)
_FULL = 0.5
"""A block of which less was seen is left out."""


@dataclass(slots=True)
class Block:
    """Some minutes of a process: sums, of which each metric is a quotient.

    Attributes:
        seconds: that were seen.
        counted_s: of these, with work counted.
        work: units of work.
        worked_bytes: allocated while work was counted.
        allocated: bytes.
        allocated_s: seconds in which they were counted.
        cpu_s: CPU seconds while work was counted.
        cpu_work: units of work in the time that they are of.
        gc: share of the CPU that collecting took, times seconds.
        gc_s: seconds in which that was told.
        live: the least live heap, bytes.
    """

    seconds: float = 0.0
    counted_s: float = 0.0
    work: float = 0.0
    worked_bytes: float = 0.0
    allocated: float = 0.0
    allocated_s: float = 0.0
    cpu_s: float = 0.0
    cpu_work: float = 0.0
    gc: float = 0.0
    gc_s: float = 0.0
    live: float | None = None

    def add(self, stretch: Stretch) -> None:
        """Take in what lies within the block."""
        seconds = stretch.seconds
        self.seconds += seconds
        if stretch.allocated is not None:
            self.allocated += stretch.allocated
            self.allocated_s += seconds
        if stretch.work is not None and stretch.allocated is not None:
            self.counted_s += seconds
            self.work += stretch.work
            self.worked_bytes += stretch.allocated
            if stretch.cpu_share is not None:
                self.cpu_s += stretch.cpu_share * seconds
                self.cpu_work += stretch.work
        share = stretch.gc_share if stretch.gc_of_used is None else stretch.gc_of_used
        if share is not None:
            self.gc += share * seconds
            self.gc_s += seconds
        if stretch.live is not None:
            self.live = stretch.live if self.live is None else min(self.live, stretch.live)

    @property
    def load(self) -> float | None:
        """Units of work a second, else bytes allocated a second; None where neither is known."""
        if self.work:
            return self.work / self.counted_s
        return self.allocated / self.allocated_s if self.allocated_s else None

    @property
    def metrics(self) -> dict[str, float]:
        """What is known of it, by the ids of the catalogue of metrics."""
        found = {}
        if self.work:
            found["bytes/work"] = self.worked_bytes / self.work
        if self.cpu_work:
            found["cpu/work"] = self.cpu_s * NS_PER_S / self.cpu_work
        if self.gc_s:
            found["gc.cpu_share"] = self.gc / self.gc_s
        if self.live is not None:
            found["heap.live"] = self.live
        return found


@dataclass(slots=True)
class Life:
    """One process of a target.

    Attributes:
        target: its key.
        build: what it runs.
        born_ns: when it began, unix ns.
        seen_ns: when it was last seen.
    """

    target: str
    build: str
    born_ns: int
    scale: Scale
    seen_ns: int = 0
    _blocks: dict[Age, dict[int, Block]] = field(
        default_factory=lambda: {age: {} for age in AGES}, repr=False
    )

    def add(self, stretch: Stretch, ages: Sequence[Age] = AGES) -> None:
        """Take in a stretch by the age at its middle."""
        self.seen_ns = max(self.seen_ns, stretch.end_ns)
        middle_ns = (stretch.begin_ns + stretch.end_ns) // 2 - self.born_ns
        for age in ages:
            begin_ns = self.scale.ns(minutes=age.since)
            if begin_ns <= middle_ns < self.scale.ns(minutes=age.minutes):
                number = (middle_ns - begin_ns) // self.scale.ns(minutes=age.block)
                self._blocks[age].setdefault(number, Block()).add(stretch)

    def restore(self, bins: Iterable[Bin]) -> None:
        """Take in what is kept of it, for those ages whose blocks are not shorter than a bin."""
        bin_ns = self.scale.ns(minutes=BIN_MINUTES)
        for each in bins:
            if each.begin_ns >= self.born_ns and each.live is not None:  # else much was not seen
                self.add(_stretch(each, bin_ns), _OF_BINS)

    def past(self, age: Age) -> bool:
        """Whether it has lived that long."""
        return self.seen_ns - self.born_ns >= self.scale.ns(minutes=age.minutes)

    def saw(self, age: Age) -> bool:
        """Whether any of what is compared at an age was seen of it."""
        return bool(self._blocks[age])

    def blocks(self, age: Age) -> list[Block]:
        """Those of the time before an age of which enough was seen, in order."""
        least_s = _FULL * self.scale.ns(minutes=age.block) / NS_PER_S
        blocks = self._blocks[age]
        return [blocks[number] for number in sorted(blocks) if blocks[number].seconds >= least_s]


def _stretch(each: Bin, bin_ns: int) -> Stretch:
    """What a bin tells of the time that it stands for; not what CPU the work took."""
    seconds = bin_ns / NS_PER_S
    return Stretch(
        begin_ns=each.begin_ns,
        end_ns=each.begin_ns + bin_ns,
        live=each.live,
        allocated=None if each.allocated is None else each.allocated * seconds,
        work=None if each.work is None else each.work * seconds,
        gc_share=each.gc_share,
        gc_of_used=each.gc_of_used,
    )
