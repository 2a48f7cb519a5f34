"""What one sink knows of every alert, and what it is to be told next; no clock, no thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from heapwise.model.watch import Alert
from heapwise.watch.alerts.journal import Told
from heapwise.watch.alerts.severity import rank
from heapwise.watch.alerts.topic import Pace, Topic

_MOST_UNSEEN = 10_000
"""What a journal may know of alerts that are never seen again."""


class Ledger:
    """Of one sink.

    What is kept is what the sink knows and how things are, not a queue of messages: after an
    outage it is told how things are now, and once.

    Attributes:
        told: what it knows, by the id of the alert.
        unkept: that has changed; for whoever keeps it to take back.
        dropped: alerts that were given up.

    Args:
        pace: what it wants to hear.
        told: what it knows already.
        most_over: alerts that are over and untold, beyond which the oldest are given up.
    """

    def __init__(self, pace: Pace, told: Mapping[str, Told], most_over: int = 1000) -> None:
        self._pace = pace
        self._most_over = most_over
        self.told = dict(sorted(told.items(), key=lambda item: item[1].at_ns)[-_MOST_UNSEEN:])
        self.unkept = False
        self.dropped = 0
        self._topics: dict[tuple[str, str], Topic] = {}
        self._over: dict[str, Topic] = {}
        self.note([known.alert for known in self.told.values() if known.alert is not None], 0)

    @property
    def waiting(self) -> int:
        """Alerts of which it has to be told something, repetitions left out."""
        return sum(topic.waiting for topic in self._topics.values())

    def note(self, alerts: Iterable[Alert], now_ns: int) -> bool:
        """How alerts are now.

        Returns:
            whether there is something to tell.
        """
        news = [self._note(alert, now_ns) for alert in alerts]
        return any(news)

    def due(self, now_ns: int) -> list[Alert]:
        """What is to be told now, of one service and code; the most urgent, empty if nothing is."""
        for name in [name for name, it in self._topics.items() if it.is_forgotten(now_ns)]:
            del self._topics[name]
        found = [due for topic in self._topics.values() if (due := topic.due(now_ns))]
        return max(found, key=_urgency, default=[])

    def next_ns(self) -> int | None:
        """When something will be due; None if nothing will."""
        times = (topic.next_ns() for topic in self._topics.values())
        return min((at for at in times if at is not None), default=None)

    def took(self, alerts: Sequence[Alert], now_ns: int) -> None:
        """It was told what was due."""
        self._topic(alerts[0]).took(alerts, now_ns)
        for alert in alerts:
            if alert.id not in self.told:
                self._over.pop(alert.id, None)
        self.unkept = True

    def put_off(self, alerts: Sequence[Alert], until_ns: int) -> None:
        """It does not take what was due; other alerts may go before."""
        self._topic(alerts[0]).put_off(until_ns)

    def _topic(self, alert: Alert) -> Topic:
        name = (alert.service, alert.code)
        if name not in self._topics:
            self._topics[name] = Topic(self._pace, self.told)
        return self._topics[name]

    def _note(self, alert: Alert, now_ns: int) -> bool:
        topic = self._topic(alert)
        known = alert.id in self.told
        news = topic.note(alert, now_ns)
        self.unkept |= known != (alert.id in self.told)
        self._over.pop(alert.id, None)
        if news and alert.ended_ns is not None:
            self._over[alert.id] = topic
        while len(self._over) > self._most_over:
            key = next(iter(self._over))
            self._over.pop(key).drop(key)
            self.dropped += 1
        return news


def _urgency(alerts: Sequence[Alert]) -> int:
    return max(rank(alert.severity) for alert in alerts)
