"""Where signs become alerts: one opens an alert, its lasting absence ends it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable

import msgspec

from heapwise.model.watch import Alert, Sign, Target
from heapwise.units import NS_PER_S
from heapwise.watch.alerts.case import Case
from heapwise.watch.alerts.silences import Silence, Silences
from heapwise.watch.clock import Clock
from heapwise.watch.scale import Scale

RESOLVE_AFTER_NS = 15 * 60 * NS_PER_S
"""How long a sign has to be gone, by default."""

_BACK_WITHIN_HOURS = 1.0
"""What comes back sooner is the same alert."""

_SETTLES_HOURS = {"leak": 8.0, "growing": 2.0, "limit": 1.0, "tasks": 8.0}
"""After a restart of the watcher, how long detectors that want to see a sign several times in a row
take until they can see it again; their silence until then means nothing."""

_OF_ONE_PROCESS = frozenset({"leak", "growing", "tasks"})
"""Signs of what one process piles up: with it they are gone, and another one's are others.

A level, as the share of the collector, may well be crossed again a minute after the restart: that
is one alert, which ends as others do, else a service that is restarted all the time would be told
all the time.
"""


class Desk:
    """All alerts that are open, and those that ended a short while ago.

    May be used by several threads. What it returns is what changed: to be stored and to be told.

    Args:
        clock: tells when.
        scale: of the lengths of time.
        silences: of whom nobody wants to hear.
        resolve_after_ns: how long a sign has to be gone, before it is scaled.
    """

    def __init__(
        self,
        clock: Clock,
        scale: Scale,
        silences: Silences | None = None,
        resolve_after_ns: int = RESOLVE_AFTER_NS,
    ) -> None:
        self._clock = clock
        self._scale = scale
        self._silences = silences
        self._resolve_after_ns = scale.ns(seconds=resolve_after_ns / NS_PER_S)
        self._back_within_ns = scale.ns(hours=_BACK_WITHIN_HOURS)
        self._lasting: tuple[Silence, ...] = silences.lasting(clock.now_ns()) if silences else ()
        self._cases: dict[str, dict[str, Case]] = {}
        self._lock = threading.RLock()

    def restore(self, alerts: Iterable[Alert]) -> None:
        """Go on with the alerts of a watcher that ran before: they are neither new nor gone."""
        now = self._clock.now_ns()
        with self._lock:
            for alert in sorted(alerts, key=lambda alert: alert.began_ns):  # the newest stays
                case = Case(alert, said=alert.summary)
                case.settled_ns = now + self._scale.ns(hours=_SETTLES_HOURS.get(alert.code, 0))
                if self._is_near(case, now):
                    self._cases.setdefault(alert.target, {})[alert.code] = case

    def update(
        self, target: Target, signs: Iterable[Sign], asked_codes: Collection[str]
    ) -> tuple[Alert, ...]:
        """What changes by what the detectors of a target see now.

        Args:
            target: which.
            signs: of those that see something.
            asked_codes: of all that were asked; alerts of others stay as they are.
        """
        now = self._clock.now_ns()
        seen = {sign.code: sign for sign in signs}

        def judge(cases: dict[str, Case]) -> None:
            for code in asked_codes:
                case = cases.get(code)
                if case is not None and case.is_open and code not in seen:
                    case.missed(now, self._resolve_after_ns)
            for code, sign in seen.items():
                if code not in cases:
                    cases[code] = _opened(target, sign, now)
                cases[code].seen(sign, now)

        return self._changing(target.key, judge)

    def restarted(
        self, target_key: str, why: str = "the process was restarted"
    ) -> tuple[Alert, ...]:
        """End what one process had piled up.

        Args:
            target_key: of the target.
            why: as ``build 1.4.2 was deployed``.
        """
        return self._end(target_key, why, _OF_ONE_PROCESS)

    def gone(
        self, target_key: str, why: str = "the target is watched no more"
    ) -> tuple[Alert, ...]:
        """End all alerts of a target."""
        return self._end(target_key, why, None)

    def explained(self, explained: Alert) -> tuple[Alert, ...]:
        """Take over the captures, paths, findings and commands of an alert; none if it is gone."""

        def judge(cases: dict[str, Case]) -> None:
            case = cases.get(explained.code)
            if case is not None and case.alert.id == explained.id:
                case.explain(explained)

        return self._changing(explained.target, judge)

    def look_at_silences(self) -> tuple[Alert, ...]:
        """What changes by silences that were added, taken away, or are over; cheap if none."""
        if self._silences is None:
            return ()
        self._silences.refresh()
        lasting = self._silences.lasting(self._clock.now_ns())
        with self._lock:
            if lasting == self._lasting:
                return ()
            self._lasting = lasting
            keys = tuple(self._cases)
        return tuple(alert for key in keys for alert in self._changing(key, lambda _: None))

    def open(self, target_key: str | None = None) -> tuple[Alert, ...]:
        """What lasts, of one target or of all, oldest first."""
        with self._lock:
            every = (
                self._cases.values() if target_key is None else [self._cases.get(target_key, {})]
            )
            found = [case.alert for cases in every for case in cases.values()]
        lasting = (alert for alert in found if alert.ended_ns is None)
        return tuple(sorted(lasting, key=lambda alert: (alert.began_ns, alert.id)))

    def _end(self, target_key: str, why: str, codes: Collection[str] | None) -> tuple[Alert, ...]:
        now = self._clock.now_ns()

        def judge(cases: dict[str, Case]) -> None:
            for code in [code for code in cases if codes is None or code in codes]:
                if cases[code].is_open:
                    cases[code].end(now, why)

        changed = self._changing(target_key, judge)
        with self._lock:  # not to come back: another process is another alert
            if codes is None:
                self._cases.pop(target_key, None)
                return changed
            cases = self._cases.get(target_key, {})
            for alert in changed:
                if alert.ended_ns is not None and alert.ended_why == why:
                    del cases[alert.code]
        return changed

    def _changing(
        self, target_key: str, judge: Callable[[dict[str, Case]], None]
    ) -> tuple[Alert, ...]:
        """The alerts of a target that are others after a judgement, silences looked up anew."""
        now = self._clock.now_ns()
        with self._lock:
            self._forget(target_key, now)
            cases = self._cases.setdefault(target_key, {})
            before = {code: case.alert for code, case in cases.items()}
            judge(cases)
            for case in cases.values():
                if case.is_open:
                    case.alert = self._with_silence(case.alert)
            changed = [
                case.alert for code, case in cases.items() if case.alert is not before.get(code)
            ]
            self._forget(target_key, now)
            return tuple(changed)

    def _with_silence(self, alert: Alert) -> Alert:
        silenced = any(silence.covers(alert) for silence in self._lasting)
        return (
            alert
            if silenced == alert.silenced
            else msgspec.structs.replace(alert, silenced=silenced)
        )

    def _forget(self, target_key: str, now_ns: int) -> None:
        cases = self._cases.get(target_key, {})
        for code in [code for code, case in cases.items() if not self._is_near(case, now_ns)]:
            del cases[code]
        if not cases:
            self._cases.pop(target_key, None)

    def _is_near(self, case: Case, now_ns: int) -> bool:
        """Whether it lasts, or could still come back."""
        ended = case.alert.ended_ns
        return ended is None or now_ns - ended < self._back_within_ns


def _opened(target: Target, sign: Sign, now_ns: int) -> Case:
    name = f"{target.key}\0{sign.code}\0{now_ns}".encode("utf-8", "backslashreplace")
    alert = Alert(
        id=hashlib.blake2b(name, digest_size=8).hexdigest(),
        target=target.key,
        service=target.service,
        instance=target.instance,
        labels=target.labels,
        code=sign.code,
        severity=sign.severity,
        summary=sign.summary,
        numbers=sign.numbers,
        began_ns=now_ns,
        seen_ns=now_ns,
    )
    return Case(alert, said=sign.summary)
