"""One target under watch: what it said last, its past, and the detectors that look at it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from heapwise.analysis.stretch import between
from heapwise.analysis.stretch import restarted as is_another
from heapwise.errors import ServiceError
from heapwise.model.watch import Bin, Health, Sign, Stretch, Target, TargetState, Vitals
from heapwise.watch.config import Alerts
from heapwise.watch.detectors import DETECTORS
from heapwise.watch.detectors.base import Detector
from heapwise.watch.history import History
from heapwise.watch.past import Past
from heapwise.watch.pool import Outcome
from heapwise.watch.scale import Scale
from heapwise.watch.scrape import health_of
from heapwise.watch.stumbles import stumbled


@dataclass(frozen=True, slots=True)
class News:
    """What an answer brought.

    Attributes:
        vitals: as they were told; None where nothing of use came.
        stretch: since the last answer of the same process.
        bins: that are complete now.
        restarted: the process is another one than before.
        signs: of the detectors that see something.
        asked: codes of all that were asked.
        stumbles: over the answer, or of detectors that were asked: mistakes of ours.
    """

    vitals: Vitals | None = None
    stretch: Stretch | None = None
    bins: tuple[Bin, ...] = ()
    restarted: bool = False
    signs: tuple[Sign, ...] = ()
    asked: tuple[str, ...] = ()
    stumbles: tuple[Exception, ...] = ()


class Subject:
    """Takes answers, in the order they came, and tells what is new by them.

    Attributes:
        state: how the target does; replaced as a whole, so that others may read it any time.

    Args:
        target: which.
        scale: of the detectors' lengths of time.
        alerts: which detectors are asked, and from where on they see something.
        interval_ns: between two answers.
        since_ns: when the watch began, unix ns.
        past: what a watcher before this one kept of it.
    """

    def __init__(
        self,
        target: Target,
        scale: Scale,
        alerts: Alerts,
        interval_ns: int,
        since_ns: int,
        past: Past | None = None,
    ) -> None:
        self.state = TargetState(target=target, health=Health.NEW, since_ns=since_ns)
        self._scale = scale
        self._alerts = alerts
        self._interval_ns = interval_ns
        self._past = past
        self._history: History | None = None
        self._detectors: tuple[Detector, ...] = ()
        self._due: dict[str, int] = {}
        self._floor = past.last.floor if past is not None else None
        self._strange_ns: int | None = None

    def is_now(self, target: Target) -> None:
        """Its address or its labels are others; its name, and what is known of it, are the same."""
        self.state = msgspec.structs.replace(self.state, target=target)

    def take(self, outcome: Outcome, now_ns: int) -> News:
        """Bring everything up to date. Raises nothing: an answer that cannot be borne is none.

        Args:
            outcome: of asking this target.
            now_ns: when it came, unix ns.
        """
        if outcome.vitals is None:
            self._failed(outcome, now_ns)
            return News()
        try:
            return self._taken(outcome, outcome.vitals, now_ns)
        except Exception as error:  # noqa: BLE001 - one odd target must not end the watch of others
            self._failed(outcome._replace(vitals=None, problem=stumbled(error)), now_ns)
            return News(stumbles=(error,))

    def _taken(self, outcome: Outcome, vitals: Vitals, now_ns: int) -> News:
        before = self.state.vitals or self._remembered(vitals)
        restarted = before is not None and is_another(before, vitals)
        stretch = between(before, vitals) if before is not None and not restarted else None
        if stretch is not None and not self._is_floor(vitals):
            stretch = msgspec.structs.replace(stretch, live=None)
        if self._history is None or restarted:
            self._begin(vitals, resume=not restarted)
        assert self._history is not None  # noqa: S101 - `_begin` makes it
        bins = self._history.add(stretch) if stretch is not None else ()
        self._answered(outcome, stretch, now_ns, restarted=restarted)
        if stretch is None:
            return News(vitals=vitals, restarted=restarted)
        signs, asked, stumbles = self._look(self._history, now_ns)
        return News(vitals, stretch, bins, restarted, signs, asked, stumbles)

    def _is_floor(self, vitals: Vitals) -> bool:
        """Whether the live heap is of the kind that the history has.

        Another source tells another kind, and the step from one to the other is nothing that the
        target did. A kind that stays for an hour begins a history of its own.
        """
        if vitals.floor is self._floor or vitals.floor is None:
            self._strange_ns = None
            return True
        if self._floor is None:
            self._floor = vitals.floor
            return True
        self._strange_ns = self._strange_ns or vitals.at_ns
        if vitals.at_ns - self._strange_ns < self._scale.ns(hours=1):
            return False
        self._history, self._floor, self._strange_ns = None, vitals.floor, None
        return True

    def _remembered(self, vitals: Vitals) -> Vitals | None:
        """What the watcher before this one saw last.

        Nothing where that is not over by a clock that was set back since, unless it is of another
        process, which is news whenever that was.
        """
        if self._past is None:
            return None
        earlier = self._past.last
        if earlier.at_ns >= vitals.at_ns and not is_another(earlier, vitals):
            self._past = None
            return None
        return earlier

    def _begin(self, vitals: Vitals, *, resume: bool) -> None:
        self._history = History(self._scale, vitals.runtime, self._interval_ns)
        if resume and self._past is not None:
            self._history.restore(self._past.bins)
        else:
            self._floor = vitals.floor
        self._past = None
        made = (make(self._scale, self._alerts.thresholds) for make in DETECTORS)
        self._detectors = tuple(each for each in made if each.code not in self._alerts.off)
        self._due = {}

    def _look(
        self, history: History, now_ns: int
    ) -> tuple[tuple[Sign, ...], tuple[str, ...], tuple[Exception, ...]]:
        """Ask the detectors whose time has come; one that stumbles was not asked."""
        asked, signs, stumbles = [], [], []
        for detector in self._detectors:
            if now_ns < self._due.get(detector.code, 0):
                continue
            self._due[detector.code] = now_ns + detector.every_ns
            try:
                sign = detector.look(history, now_ns)
            except Exception as error:  # noqa: BLE001 - it costs the others nothing
                stumbles.append(error)
                continue
            asked.append(detector.code)
            if sign is not None:
                signs.append(sign)
        return tuple(signs), tuple(asked), tuple(stumbles)

    def _failed(self, outcome: Outcome, now_ns: int) -> None:
        problem = outcome.problem
        health = health_of(problem) if isinstance(problem, ServiceError) else Health.STRANGE
        self.state = msgspec.structs.replace(
            self.state,
            health=health,
            problem=str(problem),
            since_ns=self.state.since_ns if self.state.health is health else now_ns,
            asked=self.state.asked + 1,
            failed=self.state.failed + 1,
            took_ns=outcome.took_ns,
        )

    def _answered(
        self, outcome: Outcome, stretch: Stretch | None, now_ns: int, *, restarted: bool
    ) -> None:
        self.state = msgspec.structs.replace(
            self.state,
            health=Health.UP,
            problem="",
            since_ns=self.state.since_ns if self.state.health is Health.UP else now_ns,
            asked=self.state.asked + 1,
            restarts=self.state.restarts + restarted,
            took_ns=outcome.took_ns,
            vitals=outcome.vitals,
            stretch=stretch,
        )
