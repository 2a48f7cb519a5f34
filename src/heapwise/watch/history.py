"""What a target did since its process started: five-minute bins of three days.

Detectors ask for series of coarser bins. A floor is the *least* of a bin, never its mean or its
last reading: what is allocated while the collector marks counts as live until the next cycle, and
doubles a reading now and then.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from heapwise.model.watch import Bin, Stretch
from heapwise.watch.columns import UNKNOWN, Columns
from heapwise.watch.filling import Filling
from heapwise.watch.pause_tally import PauseTally
from heapwise.watch.scale import Scale

BIN_MINUTES = 5

KEPT = 76 * 60 // BIN_MINUTES
"""Bins: the three days of the longest window, and two of its own bins of two hours."""

RECENT = 24
"""Bins of which everything is kept."""

TALLIES = 2
"""Bins of which the pauses are kept by length."""

_COLUMNS = ("live", "tasks", "allocated", "work")

_STANDS_FOR = 2
"""Intervals that one reading stands for at most: beyond, nobody looked.

A target that is asked less often, since its answers cost it much or somebody wants it so, has the
longer interval that two stretches in a row show.
"""

Series = tuple[tuple[float, ...], tuple[float, ...]]
"""Floors, and what the service had to do meanwhile, of the same bins."""


class History:
    """One target's past, since its process was first seen.

    Attributes:
        runtime: ``go`` or ``python``.
        bin_ns: how long a bin is, ns.
        last: the newest stretch; None before the first.
        recent: the newest complete bins, oldest first, at most `RECENT`, none of another time.
        tallies: the pauses of the newest complete bins, oldest first, at most `TALLIES`.
    """

    def __init__(self, scale: Scale, runtime: str, interval_ns: int) -> None:
        self.runtime = runtime
        self.bin_ns = scale.ns(minutes=BIN_MINUTES)
        self._interval_ns = interval_ns
        self.reset()

    def reset(self) -> None:
        """Forget everything: the process is another one."""
        self.last: Stretch | None = None
        self._length_ns = 0  # of the last stretch
        self.recent: deque[Bin] = deque(maxlen=RECENT)
        self.tallies: deque[PauseTally] = deque(maxlen=TALLIES)
        self._origin_ns: int | None = None
        self._filling: Filling | None = None
        self._columns = Columns(_COLUMNS, KEPT)  # a row is a bin, counted since the origin

    def add(self, stretch: Stretch) -> tuple[Bin, ...]:
        """Take what the target did since the last reading.

        Returns:
            The bin that is complete by that; it is, as soon as something of a later one is known.
        """
        if self._origin_ns is None:
            self._origin_ns = stretch.begin_ns
        self.last = stretch
        index = (stretch.end_ns - 1 - self._origin_ns) // self.bin_ns
        made: tuple[Bin, ...] = ()
        if self._filling is not None and self._filling.index < index:
            made = (self._close(self._filling, self._origin_ns),)
            self._filling = None
        if self._filling is None:
            self._filling = Filling(index)
        length_ns = stretch.end_ns - stretch.begin_ns
        interval_ns = max(self._interval_ns, min(length_ns, self._length_ns))
        self._length_ns = length_ns
        self._filling.add(stretch, min(self.bin_ns, _STANDS_FOR * interval_ns))
        return made

    def restore(self, bins: Sequence[Bin]) -> None:
        """Take bins of the same process from a store, in place of everything known.

        Bins of another process are left out: they are not a whole number of bins away.

        Args:
            bins: oldest first.
        """
        self.reset()
        if not bins:
            return
        newest = bins[-1].begin_ns
        same = [each for each in bins if (newest - each.begin_ns) % self.bin_ns == 0]
        self._origin_ns = same[0].begin_ns
        for each in same:
            self._keep(each, (each.begin_ns - self._origin_ns) // self.bin_ns)

    def newest(self, count: int) -> tuple[Bin, ...] | None:
        """The newest so many bins, oldest first; None where they are not in a row."""
        bins = tuple(self.recent)[-count:]
        if len(bins) < count or bins[-1].begin_ns - bins[0].begin_ns != (count - 1) * self.bin_ns:
            return None
        return bins

    def series(self, bin_minutes: float, count: int, floor: str = "live") -> Series | None:
        """The newest coarse bins in a row: the least of each, and the mean load.

        Coarse bins are aligned to the first reading of the process. A floor of which less than
        half of the five-minute bins is known is none: NaN, as is a load that nobody told. The load
        is work a second, or bytes allocated a second where those are known of more bins.

        Args:
            bin_minutes: how long one is before scaling, a multiple of `BIN_MINUTES`.
            count: how many.
            floor: ``live`` or ``tasks``.

        Returns:
            None where the process is not yet watched for so long.
        """
        per = round(bin_minutes / BIN_MINUTES)
        floors = self._columns.newest(floor)
        end = len(floors) - self._columns.end % per
        begins = range(end - per * count, end, per)
        if begins.start < 0:
            return None
        parts = ([value for value in floors[at : at + per] if value == value] for at in begins)  # noqa: PLR0124 - false for NaN, and quicker than a call
        least = tuple(min(known) if 2 * len(known) >= per else UNKNOWN for known in parts)
        loads = [self._means(name, begins) for name in ("work", "allocated")]
        return least, min(loads, key=lambda load: sum(map(math.isnan, load)))

    def rates(self, hours: float) -> tuple[tuple[float, float], ...]:
        """Bytes allocated and work done a second, of the newest bins that know both, oldest first.

        Args:
            hours: how far back, before scaling.
        """
        count = round(hours * 60 / BIN_MINUTES)
        columns = (self._columns.newest(name)[-count:] for name in ("allocated", "work"))
        both = zip(*columns, strict=True)
        return tuple(pair for pair in both if not any(map(math.isnan, pair)))

    def _means(self, name: str, begins: range) -> tuple[float, ...]:
        """The mean of a column in each coarse bin, NaN where it is unknown."""
        column = self._columns.newest(name)
        parts = (
            [value for value in column[at : at + begins.step] if value == value]  # noqa: PLR0124 - as above
            for at in begins
        )
        return tuple(sum(known) / len(known) if known else UNKNOWN for known in parts)

    def _close(self, filling: Filling, origin_ns: int) -> Bin:
        made = filling.made(origin_ns + filling.index * self.bin_ns, self.bin_ns)
        self._keep(made, filling.index)
        self.tallies.append(filling.tally)
        return made

    def _keep(self, made: Bin, index: int) -> None:
        told = {name: getattr(made, name) for name in _COLUMNS}
        self._columns.put(index, {n: UNKNOWN if v is None else v for n, v in told.items()})
        self.recent.append(made)
