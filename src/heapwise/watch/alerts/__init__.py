"""From signs to people: alerts that last, silences, and who is told what how often.

`Desk` opens and ends alerts, `Silences` says of which nobody wants to hear, `Notifier` tells sinks.
"""

from __future__ import annotations

from heapwise.watch.alerts.desk import Desk
from heapwise.watch.alerts.journal import FolderJournal, Journal, NoJournal
from heapwise.watch.alerts.notice import Instances, notice_of
from heapwise.watch.alerts.notifier import Notifier, Route, Sink
from heapwise.watch.alerts.silences import Silence, Silences
from heapwise.watch.alerts.silencing import add_silence, silence_of
from heapwise.watch.alerts.topic import Pace

__all__ = [
    "Desk",
    "FolderJournal",
    "Instances",
    "Journal",
    "NoJournal",
    "Notifier",
    "Pace",
    "Route",
    "Silence",
    "Silences",
    "Sink",
    "add_silence",
    "notice_of",
    "silence_of",
]
