"""What the page asks of whoever watches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from heapwise.model.watch import Alert, Bin, Captured, Deploy, SinkHealth, TargetState
from heapwise.watch.scale import Scale


class Watched(Protocol):
    """Targets, and what became of them: a watcher that runs, or the store of one.

    Every method may be called from several threads at once, and none may block for long.
    """

    @property
    def scale(self) -> Scale:
        """How long the watcher's hours are."""
        ...

    @property
    def can_silence(self) -> bool:
        """Whether `silence` can work, so that pages offer it."""
        ...

    def now_ns(self) -> int:
        """Unix ns, by the clock that all times here are of."""
        ...

    def states(self) -> Sequence[TargetState]:
        """How every target does. The same object again is taken for a target without news."""
        ...

    def bins(self, target_key: str, since_ns: int) -> Sequence[Bin]:
        """Complete bins of a target that end after that, oldest first; empty if it is unknown."""
        ...

    def alerts(self, *, open_only: bool = False) -> Sequence[Alert]:
        """Alerts that last, or all that are kept."""
        ...

    def deploys(self, service: str) -> Sequence[Deploy]:
        """Builds of a service, oldest first."""
        ...

    def profiles(self, target_key: str, since_ns: int) -> Sequence[Captured]:
        """Profiles taken of a target after that, oldest first."""
        ...

    def capture(self, profile_id: int) -> Captured | None:
        """One profile's row; None if it is not kept any more."""
        ...

    def profile_bytes(self, profile_id: int) -> bytes:
        """A profile as it was received.

        Raises:
            HeapwiseError: it is not there any more, or cannot be read.
        """
        ...

    def sinks(self) -> Sequence[SinkHealth]:
        """Where alerts, profiles and figures are sent, and whether they get there."""
        ...

    def silence(self, alert: Alert, duration_ns: int, comment: str) -> None:
        """Do not tell anybody of this alert for so long.

        Raises:
            HeapwiseError: it cannot be written down, as where only a store is shown.
        """
        ...
