"""Which instance stands for a service.

Where an alert comes up on many instances at once, one of them is captured: profiling all of them
would cost the service as many times as much, and tell the same. Instances of another build are
others, and so are those with an alert that wants something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heapwise.model.watch import Alert, Target
from heapwise.watch.capture.line import Line
from heapwise.watch.capture.series import Series
from heapwise.watch.capture.settings import CaptureSettings
from heapwise.watch.scale import Scale


@dataclass(frozen=True, slots=True)
class LineKey:
    """What a line is of."""

    service: str
    build: str
    kind: str


class Lines:
    """All lines that alerts want."""

    def __init__(self, settings: CaptureSettings, scale: Scale) -> None:
        self._settings = settings
        self._scale = scale
        self._lines: dict[LineKey, Line] = {}

    def __iter__(self) -> Iterator[Line]:
        return iter(tuple(self._lines.values()))

    def join(self, alert: Alert, target: Target, key: LineKey, runtime: str) -> Line:
        """The line that shows what an alert wants, begun at its target where there is none."""
        line = self._lines.get(key)
        if line is None:
            series = Series(key.kind, alert.code, runtime, self._scale, self._settings)
            line = self._lines[key] = Line(target, series)
        elif line.target.key == target.key:
            line.target = target  # which may have another address by now
        line.alerts[alert.id] = target.key
        return line

    def of(self, alert_id: str) -> Iterator[Line]:
        """The lines that an alert is shown."""
        return (line for line in self if alert_id in line.alerts)

    def beside(self, line: Line, kind: str) -> Path | None:
        """The newest readable capture of another kind of the same process; None without."""
        for other in self:
            if other.target.key == line.target.key and other.series.kind == kind and other.files:
                return other.files[max(other.files)]
        return None

    def leave(self, alert_id: str) -> None:
        """An alert wants nothing any more.

        A line ends with the last alert of the instance that it is taken of: its process may be
        well again, while others are not.
        """
        for key, line in tuple(self._lines.items()):
            if line.alerts.pop(alert_id, "") and line.target.key not in line.alerts.values():
                del self._lines[key]

    def drop(self, target_key: str) -> None:
        """The process of a target is gone: the next one holds nothing of what this one held."""
        for key, line in tuple(self._lines.items()):
            if line.target.key == target_key:
                del self._lines[key]
                line.alerts.clear()
