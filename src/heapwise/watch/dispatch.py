"""From signs to people: an alert is opened, kept, explained by profiles, and told."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

import msgspec

from heapwise.analysis.growth.waking import is_leak, wakes
from heapwise.model.watch import Alert, Severity, Sign, Target, Vitals
from heapwise.watch.alerts.desk import Desk
from heapwise.watch.alerts.notifier import Notifier
from heapwise.watch.capture.capturer import Capturer
from heapwise.watch.scale import UNSCALED, Scale


class Dispatch:
    """Passes everything that changes about alerts to whoever has to know.

    Called from the watcher's loop alone.

    Args:
        desk: knows which alerts are open.
        capturer: takes profiles; None where none are wanted.
        notifier: tells the sinks.
        keep: an alert, in the store.
        scale: of the lengths of time.
    """

    def __init__(
        self,
        desk: Desk,
        capturer: Capturer | None,
        notifier: Notifier,
        keep: Callable[[Alert], None],
        scale: Scale = UNSCALED,
    ) -> None:
        self._desk = desk
        self._capturer = capturer
        self._notifier = notifier
        self._keep = keep
        self._minute_ns = scale.ns(minutes=1)

    def signs(
        self, target: Target, vitals: Vitals, signs: tuple[Sign, ...], asked: Iterable[str]
    ) -> None:
        """What the detectors of a target see now.

        Args:
            target: which.
            vitals: that they were shown last.
            signs: of those that see something.
            asked: codes of all that were asked.
        """
        signs = tuple(self._weighed(target, sign, vitals.at_ns) for sign in signs)
        changed = {each.id: each for each in self._desk.update(target, signs, frozenset(asked))}
        if self._capturer is not None:
            wants = {sign.code: sign.wants for sign in signs if sign.wants}
            for alert in self._desk.open(target.key) if wants else ():
                if alert.code in wants:
                    self._capturer.wants(target, vitals, alert, wants[alert.code])
                    # What is known already goes out with the first word of it.
                    changed |= {each.id: each for each in self._explained(alert, changed)}
        self._changed(tuple(changed.values()))

    def about_itself(self, target: Target, signs: tuple[Sign, ...], asked: Iterable[str]) -> None:
        """What the watcher has to say of itself; no profile would explain it."""
        self._changed(self._desk.update(target, signs, frozenset(asked)))

    def seen(self, target: Target, vitals: Vitals) -> None:
        """A target answered."""
        if self._capturer is not None:
            self._capturer.seen(target, vitals)

    def restarted(self, target_key: str, build: str = "") -> None:
        """Its process is another one, of a new build if one is named."""
        why = f"build {build} was deployed" if build else "the process was restarted"
        self._changed(self._desk.restarted(target_key, why))
        if self._capturer is not None:
            self._capturer.restarted(target_key)

    def gone(self, target_key: str) -> None:
        """It is watched no more."""
        self._changed(self._desk.gone(target_key))
        if self._capturer is not None:
            self._capturer.restarted(target_key)

    def watched(self, target_keys: Container[str]) -> None:
        """Alerts of all other targets end: an earlier watcher knew them, and they went unseen."""
        for key in {alert.target for alert in self._desk.open()}:
            if key not in target_keys:
                self.gone(key)

    def step(self) -> None:
        """Take over what profiles have shown meanwhile, and begin those that are due."""
        self._changed(self._desk.look_at_silences())
        if self._capturer is None:
            return
        news = self._capturer.step()
        for alert in self._desk.open() if news else ():
            self._changed(self._explained(alert, news))

    def _weighed(self, target: Target, sign: Sign, now_ns: int) -> Sign:
        """A sign of growth, with the severity that heap profiles leave it, or give it."""
        if sign.window_minutes is None:
            return sign
        lasting = self._desk.open(target.key)
        began_ns = next((each.began_ns for each in lasting if each.code == sign.code), now_ns)
        lasted_minutes = (now_ns - began_ns) / self._minute_ns
        evidence = None if self._capturer is None else self._capturer.weighed(target)
        rule = wakes if sign.severity is Severity.PAGE else is_leak
        page = rule(evidence, sign.window_minutes, lasted_minutes)
        severity = Severity.PAGE if page else Severity.CAPTURE
        return msgspec.structs.replace(sign, severity=severity)

    def _explained(self, alert: Alert, news: Container[str]) -> tuple[Alert, ...]:
        """One of the alerts with news, with what profiles have shown of it so far."""
        if self._capturer is None or alert.id not in news:
            return ()
        return self._desk.explained(self._capturer.evidence(alert))

    def _changed(self, alerts: tuple[Alert, ...]) -> None:
        for alert in alerts:
            self._keep(alert)
            if alert.ended_ns is not None and self._capturer is not None:
                self._capturer.closed(alert.id)
        if alerts:
            self._notifier.tell(alerts)
