"""The collections of several processes, under numbers of their own.

Readers ask for what is new since a number, so a number must never move. Collections are therefore
numbered in the order in which they ended, and only those that ended before the processes were
asked: what one of them did while another was being asked is taken with the next question.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from heapwise_agent.gcwatch import RING
from heapwise_agent.memstats import RING as PAUSES
from heapwise_agent.memstats import Stats
from heapwise_agent.prefork.registry import Key

Event = Mapping[str, Any]


class GcLog:
    """Not for use from two threads at once."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=RING)
        self._next: dict[Key, int] = {}
        self._count = 0

    def next_of(self, key: Key) -> int:
        """The number to ask a process for next."""
        return self._next.get(key, 1)

    def add(self, answers: Iterable[tuple[Key, Mapping[str, Any]]], *, before_ns: int) -> None:
        """Take what processes answered.

        Args:
            answers: of ``gc/events``, asked with `next_of`.
            before_ns: when the first of them was asked, unix ns.
        """
        fresh: list[tuple[int, Event]] = []
        for key, answer in answers:
            upcoming = self._next.get(key, 1)
            for event in answer["events"]:
                end = event["start_unix_ns"] + event["duration_ns"]
                if end > before_ns:
                    break
                if event["seq"] >= upcoming:
                    self._count += event["seq"] - upcoming  # those that its process forgot
                    upcoming = event["seq"] + 1
                    fresh.append((end, {**event, "pid": key[0]}))
            self._next[key] = upcoming
        for _, event in sorted(fresh, key=lambda each: each[0]):
            self._count += 1
            self._events.append({**event, "seq": self._count})

    def since(self, number: int) -> dict[str, object]:
        """The events numbered so and above, and how many of those are forgotten."""
        number = max(1, number)
        events = [event for event in self._events if event["seq"] >= number]
        lost = max(0, self._count - number + 1 - len(events))
        return {"next": self._count + 1, "lost": lost, "events": events}

    def stats(self) -> Stats:
        """The rings of `heapwise_agent.memstats`."""
        lengths, ends, last = [0] * PAUSES, [0] * PAUSES, 0
        for event in list(self._events)[-PAUSES:]:
            # What a process said when it ended may be older than what was numbered before.
            last = max(last, event["start_unix_ns"] + event["duration_ns"])
            lengths[(event["seq"] - 1) % PAUSES] = event["duration_ns"]
            ends[(event["seq"] - 1) % PAUSES] = last
        return {"LastGC": last, "PauseNs": lengths, "PauseEnd": ends, "NumGC": self._count}
