"""CPython's collections of its oldest generation."""

from __future__ import annotations

from heapwise.model.watch import Number, Severity, Sign
from heapwise.units import format_duration, format_share, format_span
from heapwise.watch.detectors.base import Settings, each_bin
from heapwise.watch.history import TALLIES, History
from heapwise.watch.pause_tally import PauseTally
from heapwise.watch.scale import Scale


class PythonGen2:
    """Collections of the oldest generation take over 5 % of the time and 100 ms at once.

    Each of them walks every container that lives and stops the whole process meanwhile. Both must
    be so in each of the last two bins.
    """

    code = "py-gen2"

    def __init__(self, scale: Scale, settings: Settings) -> None:
        self.every_ns = each_bin(scale)
        self._settings = settings

    def look(self, history: History, _: int) -> Sign | None:
        """Both bins have to say it."""
        bins = history.newest(TALLIES)
        if history.runtime != "python" or bins is None or len(history.tallies) < TALLIES:
            return None
        shares = [_share(tally, history.bin_ns) for tally in history.tallies]
        longest = [tally.old_longest_ns for tally in history.tallies]
        settings = self._settings
        if min(shares) <= settings.gen2_share or min(longest) <= settings.gen2_pause_ns:
            return None
        return Sign(
            code=self.code,
            severity=Severity.WARN,
            summary=(
                f"collections of the oldest generation take {format_share(shares[-1])} of the time "
                f"and {format_duration(longest[-1])} at once, over {format_span(history.bin_ns)}, "
                "the second time in a row"
            ),
            numbers=(
                Number("of the time", shares[-1], "share"),
                Number("longest", float(longest[-1]), "ns"),
                Number("coverage", history.tallies[-1].coverage, "share"),
            ),
            wants=("heap", "cpu"),
        )


def _share(tally: PauseTally, span_ns: int) -> float:
    """Of the time; collections that were missed are taken to be as long as the others."""
    return min(1.0, tally.old_ns / span_ns / tally.coverage) if tally.seen else 0.0
