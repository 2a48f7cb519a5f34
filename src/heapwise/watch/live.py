"""What a watcher that runs can be asked: by its page, and by who scrapes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from heapwise.model.watch import Alert, SinkHealth, TargetState
from heapwise.watch.alerts.silencing import add_silence, silence_of
from heapwise.watch.clock import Clock
from heapwise.watch.export.own import Own
from heapwise.watch.kept import Kept
from heapwise.watch.scale import Scale
from heapwise.watch.store import Store
from heapwise.watch.watcher import Watcher


class Live(Kept):
    """Implements `heapwise.web.watch.source.Watched`; every method is for any thread.

    Attributes:
        scale: of the detectors.
        can_silence: always.

    Args:
        watcher: that runs.
        store: that it writes.
        told: how everybody does that it tells: sinks and exporters.
        silences: the file that silences are added to.
        clock: of the watcher.
        scale: see above.
    """

    can_silence = True

    def __init__(
        self,
        watcher: Watcher,
        store: Store,
        told: Callable[[], tuple[SinkHealth, ...]],
        silences: Path,
        clock: Clock,
        scale: Scale,
    ) -> None:
        super().__init__(store)
        self.scale = scale
        self._watcher = watcher
        self._writer = store
        self._told = told
        self._silences = silences
        self._clock = clock

    def now_ns(self) -> int:
        """Unix ns."""
        return self._clock.now_ns()

    def states(self) -> Sequence[TargetState]:
        """How every target does."""
        return self._watcher.states()

    def sinks(self) -> Sequence[SinkHealth]:
        """How each sink does."""
        return self._told()

    def silence(self, alert: Alert, duration_ns: int, comment: str) -> None:
        """Tell nobody of this alert for so long.

        Raises:
            HeapwiseError: it cannot be written.
        """
        add_silence(self._silences, silence_of(alert, self.now_ns() + duration_ns, comment))

    def own(self) -> Own:
        """How the watcher itself does."""
        counts, seconds = self._watcher.scrapes.read()
        health = self._writer.health()
        return Own(
            scrapes=counts,
            scrapes_s=seconds,
            skipped=self._watcher.skipped(),
            store_bytes=health.size,
            store_fails=bool(health.problem),
            dropped_rows=health.dropped,
            queues={"scrapes": self._watcher.waiting(), "store": health.waiting},
            sinks=self._told(),
        )
