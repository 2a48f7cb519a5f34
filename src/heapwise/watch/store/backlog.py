"""What waits to be written, bounded: a disk that stays full must not fill the memory too."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from heapwise.model.watch import Alert, Bin, Deploy, Target, Vitals
from heapwise.watch.store.tables import BINS, VITALS, Row

Item = TypeVar("Item")

READINGS = 20_000
"""Ten minutes of 500 targets, some 20 MB."""

BINNED = 40_000
"""More than six hours of them."""

FEW = 10_000
"""Alerts, deploys and notes each."""


class Seen(NamedTuple):
    """A target when it was last asked.

    Attributes:
        target: which.
        at_ns: when.
        problem: why it did not answer; empty where it did.
        process: stands for the life of its process; None if that is not known.
    """

    target: Target
    at_ns: int
    problem: str
    process: int | None


@dataclass(slots=True)
class Backlog:
    """Everything since the last commit that went well; of too much the oldest goes.

    Attributes:
        readings: target keys and rows of vitals.
        binned: target keys and rows of bins.
        seen: targets by key.
        alerts: by id, as they are now.
        deploys: in order.
        notes: moments and texts.
        dropped: what there was no room for.
    """

    readings: deque[tuple[str, Row]] = field(default_factory=deque)
    binned: deque[tuple[str, Row]] = field(default_factory=deque)
    seen: dict[str, Seen] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    deploys: deque[Deploy] = field(default_factory=deque)
    notes: deque[tuple[int, str]] = field(default_factory=deque)
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.readings) + len(self.binned) + len(self.alerts) + len(self.deploys)

    def add_reading(self, key: str, vitals: Vitals) -> None:
        """Vitals of a target."""
        self._append(self.readings, (key, VITALS.values(vitals)), READINGS)

    def add_bin(self, key: str, made: Bin) -> None:
        """A bin of a target."""
        self._append(self.binned, (key, BINS.values(made)), BINNED)

    def add_alert(self, alert: Alert) -> None:
        """An alert in place of what was known of it."""
        if alert.id not in self.alerts and len(self.alerts) >= FEW:
            del self.alerts[next(iter(self.alerts))]
            self.dropped += 1
        self.alerts[alert.id] = alert

    def add_deploy(self, deploy: Deploy) -> None:
        """A deploy."""
        self._append(self.deploys, deploy, FEW)

    def add_note(self, at_ns: int, text: str) -> None:
        """What happened to the store."""
        self._append(self.notes, (at_ns, text), FEW)

    def _append(self, rows: deque[Item], row: Item, most: int) -> None:
        if len(rows) >= most:
            rows.popleft()
            self.dropped += 1
        rows.append(row)

    def clear(self) -> None:
        """All of it is written."""
        for rows in (self.readings, self.binned, self.deploys, self.notes):
            rows.clear()
        self.seen.clear()
        self.alerts.clear()
        self.dropped = 0
