"""Passes vitals on to systems for metrics, while they take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from heapwise.model.watch import Stretch, Target, Vitals


class Exporter(Protocol):
    """Somewhere that vitals go."""

    def take(self, target: Target, vitals: Vitals, stretch: Stretch | None) -> None:
        """One answer; returns at once."""
        ...

    def close(self) -> None:
        """Send what is left, for a second at most."""
        ...


class Exports:
    """All exporters."""

    def __init__(self, exporters: Sequence[Exporter]) -> None:
        self._exporters = exporters

    def take(self, target: Target, vitals: Vitals, stretch: Stretch | None) -> None:
        """One answer."""
        for each in self._exporters:
            each.take(target, vitals, stretch)

    def close(self) -> None:
        """End all of them."""
        for each in self._exporters:
            each.close()
