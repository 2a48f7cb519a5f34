"""What collecting takes of the processors."""

from __future__ import annotations

from heapwise.model.watch import Number, Sign
from heapwise.units import format_share, format_span
from heapwise.watch.detectors.base import TWO, Level, Settings, each_bin, two_bins
from heapwise.watch.history import History
from heapwise.watch.scale import Scale


class GcShare:
    """Collecting takes too much of the CPU that the process could have, over ten minutes.

    GOMAXPROCS processors, idle marking left out: `/cpu/classes/gc/total` of `/cpu/classes/total`.
    Of the CPU that it *used*, a process with little to do may well spend most on collecting, and
    nobody waits for it; that share is told beside the other. Warns above 10 %, pages above 25 %,
    and ends below 80 % of these.
    """

    code = "gc-share"

    def __init__(self, scale: Scale, settings: Settings) -> None:
        self.every_ns = each_bin(scale)
        self._level = Level(settings.gc_share_warn, settings.gc_share_page)

    def look(self, history: History, _: int) -> Sign | None:
        """Of the two newest bins together."""
        share = two_bins(history, "gc_share")
        severity = None if share is None else self._level.at(share)
        if share is None or severity is None:
            return None
        bins = history.newest(TWO) or ()
        known = [each.gc_of_used for each in bins if each.gc_of_used is not None]
        used = sum(known) / len(known) if known else None
        beside = "" if used is None else f"; {format_share(used)} of what it used"
        return Sign(
            code=self.code,
            severity=severity,
            summary=(
                f"collecting takes {format_share(share)} of the CPU that the process could have, "
                f"over {format_span(TWO * history.bin_ns)}{beside}"
            ),
            numbers=(
                Number("of the CPU available", share, "share"),
                *([] if used is None else [Number("of the CPU used", used, "share")]),
            ),
            wants=("cpu", "heap"),
        )
