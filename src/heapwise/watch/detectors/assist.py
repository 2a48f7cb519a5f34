"""What allocating goroutines have to give to marking."""

from __future__ import annotations

from heapwise.model.watch import Number, Sign
from heapwise.units import format_share, format_span
from heapwise.watch.detectors.base import TWO, Level, Settings, each_bin, two_bins
from heapwise.watch.history import History
from heapwise.watch.scale import Scale


class Assist:
    """Goroutines are made to mark before they may allocate, over ten minutes.

    Go's background workers have a quarter of the processors; where a cycle would end too late,
    whoever allocates has to help, and its request waits. Of the CPU that the process could have,
    as `gc-share`.
    """

    code = "assist"

    def __init__(self, scale: Scale, settings: Settings) -> None:
        self.every_ns = each_bin(scale)
        self._level = Level(settings.assist_share)

    def look(self, history: History, _: int) -> Sign | None:
        """Of the two newest bins together."""
        share = two_bins(history, "assist_share")
        severity = None if share is None else self._level.at(share)
        if share is None or severity is None:
            return None
        return Sign(
            code=self.code,
            severity=severity,
            summary=(
                f"goroutines that allocate had to mark for {format_share(share)} of the CPU that "
                f"the process could have, over {format_span(TWO * history.bin_ns)}: requests "
                "wait for it"
            ),
            numbers=(Number("of the CPU available", share, "share"),),
            wants=("cpu", "trace", "heap"),
        )
