"""Time that stands still, and alerts to tell of."""

from __future__ import annotations

from dataclasses import dataclass

from heapwise.model.watch import Alert, Number, Severity, Sign, Target

MINUTE = 60 * 10**9
START = 1_800_000_000 * 10**9


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    at_ns: int = START

    def now_ns(self) -> int:
        """What it shows."""
        return self.at_ns

    def go(self, minutes: float) -> None:
        """Let time pass."""
        self.at_ns += round(minutes * MINUTE)


def target(instance: str = "a", service: str = "checkout") -> Target:
    """A target with a label."""
    url = f"http://{instance}/debug/pprof"
    return Target(service=service, instance=instance, url=url, labels=(("team", "pay"),))


def sign(code: str = "leak", severity: Severity = Severity.PAGE, summary: str = "") -> Sign:
    """A sign with a number."""
    return Sign(
        code=code,
        severity=severity,
        summary=summary or f"{code} of 42 %",
        numbers=(Number("live heap grew by", 0.42, "share"),),
        wants=("heap",),
    )


def alert(
    instance: str = "a",
    code: str = "leak",
    severity: Severity = Severity.PAGE,
    service: str = "checkout",
    *,
    began_ns: int = START,
    ended_ns: int | None = None,
) -> Alert:
    """An alert of one target, its id made of what it is about."""
    return Alert(
        id=f"{service}-{instance}-{code}",
        target=f"{service}/{instance}",
        service=service,
        instance=instance,
        code=code,
        severity=severity,
        summary=f"{code} of 42 %",
        began_ns=began_ns,
        seen_ns=began_ns,
        ended_ns=ended_ns,
        labels=(("team", "pay"),),
        numbers=(Number("live heap grew by", 0.42, "share"),),
    )
