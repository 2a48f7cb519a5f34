"""The exporters that a configuration names."""

from __future__ import annotations

from typing import NamedTuple

from heapwise.model.watch import SinkHealth
from heapwise.watch.capture.capturer import Keeper
from heapwise.watch.clock import Clock
from heapwise.watch.config.sections import Export
from heapwise.watch.export.otlp import OtlpExport
from heapwise.watch.export.pyroscope import PyroscopeExport


class Configured(NamedTuple):
    """Those that there are; None for the others."""

    pyroscope: PyroscopeExport | None
    otlp: OtlpExport | None

    @property
    def exporters(self) -> tuple[PyroscopeExport | OtlpExport, ...]:
        """All of them."""
        return tuple(each for each in self if each is not None)

    def keeper(self, keeper: Keeper) -> Keeper:
        """What keeps profiles, and passes them on where that is wanted."""
        return keeper if self.pyroscope is None else self.pyroscope.keeper(keeper)

    def health(self) -> tuple[SinkHealth, ...]:
        """How each does."""
        return tuple(each.health() for each in self.exporters)


def configured(settings: Export, clock: Clock) -> Configured:
    """Start those that are named.

    Raises:
        UsageError: an address is none.
    """
    return Configured(
        PyroscopeExport(settings.pyroscope, clock) if settings.pyroscope else None,
        OtlpExport(settings.otlp, clock) if settings.otlp else None,
    )
