"""The page of a store that nobody writes any more, or that another process writes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from heapwise.analysis.stretch import between
from heapwise.errors import UsageError
from heapwise.model.watch import Alert, SinkHealth, Stretch, TargetState
from heapwise.watch.clock import Clock
from heapwise.watch.kept import Kept
from heapwise.watch.scale import UNSCALED, Scale
from heapwise.watch.store import StoreView

_RECENT_MINUTES = 5.0
_LEFT_HOURS = 1.0


class StoredWatch(Kept):
    """A `Watched` that only reads a store: it has no sinks and makes no silences.

    Attributes:
        scale: that the watcher had.
        can_silence: never.

    Args:
        view: of the store.
        clock: for the end of the charts.
        scale: see above.
    """

    can_silence = False

    def __init__(self, view: StoreView, clock: Clock, scale: Scale = UNSCALED) -> None:
        super().__init__(view)
        self._view = view
        self._clock = clock
        self.scale = scale
        self._stretches: dict[str, tuple[int, Stretch | None]] = {}
        self._newest_ns = 0

    def now_ns(self) -> int:
        """The clock's time; of a store without news, soon after its last reading.

        Charts of the last six hours show something then, whenever that was.
        """
        if not self._newest_ns:
            self.states()
        recent = self._newest_ns + self.scale.ns(minutes=_RECENT_MINUTES)
        return min(self._clock.now_ns(), recent) if self._newest_ns else self._clock.now_ns()

    def states(self) -> Sequence[TargetState]:
        """As the store has them, with what they did between their last two readings.

        Without those that the watcher had not asked for an hour when it wrote last: they have left
        its lists, which no store is told.
        """
        every = self._view.states()
        ended_ns = max((state.seen_ns for state in every), default=0)
        left_ns = ended_ns - self.scale.ns(hours=_LEFT_HOURS)
        states = [
            msgspec.structs.replace(state, stretch=self._stretch(state))
            for state in every
            if state.seen_ns >= left_ns
        ]
        read = (state.vitals.at_ns for state in states if state.vitals is not None)
        self._newest_ns = max(read, default=0)
        return states

    def _stretch(self, state: TargetState) -> Stretch | None:
        if state.vitals is None:
            return None
        key, at = state.target.key, state.vitals.at_ns
        if self._stretches.get(key, (0, None))[0] != at:
            last = self._view.vitals(key, at - self.scale.ns(minutes=_RECENT_MINUTES))[-2:]
            known = between(*last) if len(last) == 2 else None
            self._stretches[key] = (at, known)
        return self._stretches[key][1]

    def sinks(self) -> Sequence[SinkHealth]:
        """None: whoever shows a store sends nothing."""
        return ()

    def silence(self, alert: Alert, duration_ns: int, comment: str) -> None:  # noqa: ARG002 - of a `Watched`
        """Refused.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            "this page shows a store and silences nothing",
            hint="use `heapwise watch silence`, or the watcher's own page",
        )
