"""How long the collector stops the program."""

from __future__ import annotations

from heapwise.model.gc_overview import Within
from heapwise.model.watch import Number, Severity, Sign
from heapwise.units import format_count, format_duration, format_share, format_span
from heapwise.watch.detectors.base import Settings, each_bin
from heapwise.watch.history import TALLIES, History
from heapwise.watch.pause_tally import PauseTally
from heapwise.watch.scale import Scale

_P99 = 990_000
_SAMPLED = 0.5


class Pauses:
    """One pause in a hundred is longer than 10 ms, in each of the last two bins.

    At least five in each must be longer: one may be the operating system's. A program that makes
    too much garbage mostly shows it elsewhere (`gc-share`, `assist`).
    """

    code = "pauses"

    def __init__(self, scale: Scale, settings: Settings) -> None:
        self.every_ns = each_bin(scale)
        self._settings = settings

    def look(self, history: History, _: int) -> Sign | None:
        """Both bins have to say it."""
        if history.newest(TALLIES) is None or len(history.tallies) < TALLIES:
            return None
        found = [self._long(tally) for tally in history.tallies]
        p99, tally = found[-1], history.tallies[-1]
        if p99 is None or None in found:
            return None
        above = tally.above(self._settings.pause_ns)
        return Sign(
            code=self.code,
            severity=Severity.WARN,
            summary=(
                f"p99 of the pauses is {_told(p99)} over {format_span(history.bin_ns)}, the second "
                f"time in a row; {format_count(above)} of {format_count(tally.seen)} were longer "
                f"than {format_duration(self._settings.pause_ns)}; {_seen(tally.coverage)}"
            ),
            numbers=(
                Number("p99", p99.value, "ns"),
                Number("longest", tally.longest_ns or p99.value, "ns"),
                Number("longer pauses", above, "count"),
                Number("coverage", tally.coverage, "share"),
            ),
            wants=("trace", "cpu"),
        )

    def _long(self, tally: PauseTally) -> Within | None:
        p99 = tally.quantile(_P99)
        if p99 is None or p99.value <= self._settings.pause_ns:
            return None
        return p99 if tally.above(self._settings.pause_ns) >= self._settings.pause_count else None


def _told(p99: Within) -> str:
    """With the edges of its bucket where they are apart."""
    if p99.high - p99.low <= p99.value / 20:
        return format_duration(p99.value)
    return (
        f"{format_duration(p99.value)} ({format_duration(p99.low)} to {format_duration(p99.high)})"
    )


def _seen(coverage: float) -> str:
    if coverage >= 1:
        return "all pauses were seen"
    sampled = "" if coverage >= _SAMPLED else ": sampled"
    return f"{format_share(coverage)} of the pauses were seen{sampled}"
