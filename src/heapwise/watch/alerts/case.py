"""One alert while it lasts: what keeps it open, what ends it, what brings it back."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from heapwise.model.watch import Alert, Sign
from heapwise.watch.alerts.severity import worst

_MOST_PATIENCE = 8
"""A sign that comes and goes is waited for so many times as long at most."""


@dataclass(slots=True)
class Case:
    """An alert and what is to be remembered of it.

    Attributes:
        alert: as it was last.
        said: the summary of its last sign, to which evidence may have added.
        absent_ns: when its sign was first missed; None while it is there.
        comebacks: how often it came back shortly after it had ended.
        settled_ns: until then its absence means nothing.
    """

    alert: Alert
    said: str
    absent_ns: int | None = None
    comebacks: int = 0
    settled_ns: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it lasts."""
        return self.alert.ended_ns is None

    def seen(self, sign: Sign, now_ns: int) -> None:
        """Its sign is there; the severity only rises, and what has ended goes on."""
        self.comebacks += not self.is_open
        self.absent_ns = None
        evidence = self.alert.summary.removeprefix(self.said)
        known = evidence if evidence != self.alert.summary else ""
        self.said = sign.summary
        self.alert = msgspec.structs.replace(
            self.alert,
            severity=worst(self.alert.severity, sign.severity),
            summary=sign.summary + known,
            numbers=sign.numbers,
            seen_ns=now_ns,
            ended_ns=None,
            ended_why="",
        )

    def missed(self, now_ns: int, resolve_after_ns: int) -> None:
        """Its detector was asked and sees nothing; that has to last before the alert ends.

        The wait doubles each time it comes back, so that one that flaps is told a few times and
        not all day.
        """
        if now_ns < self.settled_ns:
            return
        if self.absent_ns is None:
            self.absent_ns = now_ns
        patience = min(_MOST_PATIENCE, 2**self.comebacks)
        if now_ns - self.absent_ns >= patience * resolve_after_ns:
            self.end(self.absent_ns)

    def end(self, at_ns: int, why: str = "") -> None:
        """It is over."""
        self.alert = msgspec.structs.replace(self.alert, ended_ns=at_ns, ended_why=why)

    def explain(self, explained: Alert) -> None:
        """Take over what was found out about it, and what that adds to the summary."""
        adds = explained.summary.startswith(self.said)
        self.alert = msgspec.structs.replace(
            self.alert,
            summary=explained.summary if adds else self.alert.summary,
            grows=explained.grows,
            captures=explained.captures,
            findings=explained.findings,
            commands=explained.commands,
            notes=explained.notes,
        )
