"""The bin that is not over yet."""

from __future__ import annotations

from heapwise.model.watch import Bin, Stretch
from heapwise.watch.pause_tally import PauseTally, finite

_LEASTS = ("live", "rss", "tasks")
_SHARES = ("gc_share", "gc_of_used", "assist_share")
_AMOUNTS = ("allocated", "work")

_P99 = 990_000
_STOPS_A_CYCLE = 2
"""Go's histogram counts each stop of the world by itself."""


class Filling:
    """Gathers the stretches that end in one bin.

    Attributes:
        index: of the bin, counted since the target's process was first seen.
        tally: pauses in it.
    """

    __slots__ = (
        "_cycles",
        "_leasts",
        "_limit",
        "_means",
        "_seen_ns",
        "_stretches",
        "index",
        "tally",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.tally = PauseTally()
        self._stretches = 0
        self._seen_ns = 0
        self._cycles: float | None = None
        self._limit: float | None = None
        self._leasts: dict[str, float] = {}
        self._means: dict[str, tuple[float, float]] = {}
        """A sum, and the seconds that it was gathered in."""

    def add(self, stretch: Stretch, most_ns: int) -> None:
        """Count a stretch.

        Args:
            stretch: one that ends in this bin.
            most_ns: how much of the bin one reading stands for at most.
        """
        self._stretches += 1
        self._seen_ns += min(most_ns, stretch.end_ns - stretch.begin_ns)
        self._limit = stretch.limit if stretch.limit is not None else self._limit
        for name in _LEASTS:
            value = getattr(stretch, name)
            if value is not None:
                self._leasts[name] = min(value, self._leasts.get(name, value))
        for name in _SHARES:
            value = getattr(stretch, name)
            self._gather(name, None if value is None else value * stretch.seconds, stretch.seconds)
        for name in _AMOUNTS:
            self._gather(name, getattr(stretch, name), stretch.seconds)
        if stretch.pauses is not None:
            self.tally.add(stretch.pauses)
            stops = 1 if stretch.pauses.histogram is None else _STOPS_A_CYCLE
            self._cycles = (self._cycles or 0.0) + stretch.pauses.happened / stops

    def made(self, begin_ns: int, bin_ns: int) -> Bin:
        """The bin; its floors are unknown where less than half of it was seen.

        Args:
            begin_ns: of the bin, unix ns.
            bin_ns: how long bins are.
        """
        leasts = self._leasts if 2 * self._seen_ns >= bin_ns else {}
        means = {name: total / seconds for name, (total, seconds) in self._means.items()}
        tasks = leasts.get("tasks")
        p99 = self.tally.quantile(_P99)
        return Bin(
            begin_ns=begin_ns,
            stretches=self._stretches,
            live=leasts.get("live"),
            load=means.get("work", means.get("allocated")),
            allocated=means.get("allocated"),
            work=means.get("work"),
            gc_share=means.get("gc_share"),
            gc_of_used=means.get("gc_of_used"),
            assist_share=means.get("assist_share"),
            pause_p99_ns=finite(p99.value) if p99 else None,
            pause_max_ns=self.tally.longest_ns,
            coverage=self.tally.coverage if self._cycles is not None else None,
            cycles=None if self._cycles is None else round(self._cycles),
            rss=leasts.get("rss"),
            tasks=None if tasks is None else round(tasks),
            limit=self._limit,
        )

    def _gather(self, name: str, amount: float | None, seconds: float) -> None:
        if amount is None or seconds <= 0:
            return
        total, before = self._means.get(name, (0.0, 0.0))
        self._means[name] = (total + amount, before + seconds)
