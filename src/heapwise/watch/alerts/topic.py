"""The alerts of one service and code, as one sink knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from heapwise.model.watch import Alert, Severity
from heapwise.units import NS_PER_S
from heapwise.watch.alerts.journal import Told
from heapwise.watch.alerts.severity import rank


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What a sink wants to hear, and how often.

    Attributes:
        least: severities below it are not told.
        gather_ns: how long a new alert waits for the same one of other instances.
        between_ns: from one notice of a topic to the next, unless it got worse.
        repeat_ns: after which what still lasts is told again; 0 for never.
        longest_wait_ns: after a failure, before the next attempt.
    """

    least: Severity = Severity.WARN
    gather_ns: int = 30 * NS_PER_S
    between_ns: int = 5 * 60 * NS_PER_S
    repeat_ns: int = 4 * 3600 * NS_PER_S
    longest_wait_ns: int = 5 * 60 * NS_PER_S


class _Last(NamedTuple):
    """The last notice: when, and how urgent it was; one that all is over is not."""

    at_ns: int
    rank: int


class Topic:
    """What is told at once.

    Args:
        pace: what the sink wants to hear.
        told: what it knows, by the id of the alert; of all topics, and kept up to date here.
    """

    def __init__(self, pace: Pace, told: dict[str, Told]) -> None:
        self._pace = pace
        self._told = told
        self._alerts: dict[str, Alert] = {}
        self._since_ns: int | None = None
        self._last: _Last | None = None
        self._held_ns = 0

    @property
    def waiting(self) -> int:
        """Alerts of which the sink has to be told something, repetitions left out."""
        return sum(map(self._is_news, self._alerts.values()))

    def is_forgotten(self, now_ns: int) -> bool:
        """Whether nothing depends on it any more."""
        recent = self._last is not None and now_ns - self._last.at_ns < self._pace.between_ns
        return not self._alerts and not recent

    def note(self, alert: Alert, now_ns: int) -> bool:
        """How an alert is now.

        Returns:
            whether the sink has to be told something of it.
        """
        known = self._told.get(alert.id)
        untold = known is None or known.severity is None
        if untold and not self._is_wanted(alert):
            self.drop(alert.id)
            return False
        if known is None and alert.ended_ns is not None:
            return False
        self._alerts[alert.id] = alert
        if untold:
            self._told[alert.id] = Told(alert=alert)
        return self._look(now_ns, alert)

    def due(self, now_ns: int) -> list[Alert]:
        """What is to be told now: all that lasts, and what has ended; empty if it is not time."""
        if now_ns < self._held_ns:
            return []
        alerts = self._alerts.values()
        news = [alert for alert in alerts if self._is_news(alert)]
        ready = bool(news) and now_ns >= self._ready_ns(news)
        if not ready and not any(now_ns >= at for at in self._repeats_ns()):
            return []
        over = [alert for alert in news if alert.ended_ns is not None]
        return [alert for alert in alerts if self._is_lasting(alert)] + over

    def next_ns(self) -> int | None:
        """When something will be due; None if nothing will."""
        news = [alert for alert in self._alerts.values() if self._is_news(alert)]
        times = [*self._repeats_ns(), *([self._ready_ns(news)] if news else [])]
        return max(min(times), self._held_ns) if times else None

    def took(self, alerts: Sequence[Alert], now_ns: int) -> None:
        """The sink was told what was due; what is over is forgotten."""
        lasting = [alert for alert in alerts if alert.ended_ns is None]
        for alert in lasting:
            self._told[alert.id] = Told(alert.severity, now_ns)
        highest = max((rank(alert.severity) for alert in lasting), default=rank(Severity.CAPTURE))
        self._last = _Last(now_ns, highest)
        self._since_ns = None
        self._held_ns = 0
        for alert in alerts:
            if alert.ended_ns is not None:
                now = self._alerts.get(alert.id, alert)
                self.drop(alert.id)
                self.note(now, now_ns)  # it may have come back while its end was told
        if self.waiting:
            self._since_ns = now_ns

    def put_off(self, until_ns: int) -> None:
        """The sink does not take these; other topics may go before."""
        self._held_ns = until_ns

    def drop(self, key: str) -> None:
        """Tell nothing more of an alert."""
        self._alerts.pop(key, None)
        self._told.pop(key, None)

    def _look(self, now_ns: int, alert: Alert) -> bool:
        news = self._is_news(alert)
        if news and self._since_ns is None:
            self._since_ns = now_ns
        return news

    def _is_wanted(self, alert: Alert) -> bool:
        return not alert.silenced and rank(alert.severity) >= rank(self._pace.least)

    def _is_lasting(self, alert: Alert) -> bool:
        return alert.ended_ns is None and self._is_wanted(alert)

    def _is_news(self, alert: Alert) -> bool:
        known = self._told[alert.id].severity
        if alert.ended_ns is not None:
            return True  # who heard, or was to hear, that it began hears that it is over
        return self._is_wanted(alert) and (known is None or rank(alert.severity) > rank(known))

    def _ready_ns(self, news: Sequence[Alert]) -> int:
        gathered = (self._since_ns or 0) + self._pace.gather_ns
        worst = max((rank(alert.severity) for alert in news if alert.ended_ns is None), default=-1)
        if self._last is None or worst > self._last.rank:
            return gathered
        return max(gathered, self._last.at_ns + self._pace.between_ns)

    def _repeats_ns(self) -> list[int]:
        """When each alert that the sink knows of is to be told again."""
        if not self._pace.repeat_ns:
            return []
        return [
            known.at_ns + self._pace.repeat_ns
            for alert in self._alerts.values()
            if self._is_lasting(alert) and (known := self._told[alert.id]).severity is not None
        ]
