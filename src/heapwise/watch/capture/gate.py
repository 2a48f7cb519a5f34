"""Whether a profile may be taken now: not of a busy target, nor too often, nor too much."""

from __future__ import annotations

from dataclasses import dataclass

from heapwise.model.watch import Target
from heapwise.units import format_duration, format_share
from heapwise.watch.capture.budget import Budget
from heapwise.watch.capture.settings import GROWING, CaptureSettings
from heapwise.watch.capture.take import seconds_of
from heapwise.watch.scale import Scale


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not now.

    Attributes:
        why: as a clause.
        passes: it may be different in a minute.
    """

    why: str
    passes: bool


class Gate:
    """Knows when each target was profiled last, and what the hour has cost."""

    def __init__(self, settings: CaptureSettings, scale: Scale) -> None:
        self._settings = settings
        self._cooldown_ns = scale.ns(minutes=settings.cooldown_minutes)
        self._budget = Budget(settings, scale.ns(hours=1))
        self._last: dict[tuple[str, str], int] = {}

    def refusal(self, target: Target, kind: str, busy: float | None, now_ns: int) -> Refusal | None:
        """Why a profile of that kind may not be taken; None where it may.

        Args:
            target: of whom.
            kind: of the profile.
            busy: share of its processors that it uses; None where that is unknown, which is no
                obstacle.
            now_ns: unix ns.
        """
        seconds = seconds_of(kind, self._settings)
        if seconds and busy is not None and busy > self._settings.cpu_veto:
            limit = format_share(self._settings.cpu_veto)
            return Refusal(f"it uses {format_share(busy)} of its CPU, above {limit}", passes=True)
        since_ns = now_ns - self._last.get((target.key, kind), now_ns - self._cooldown_ns)
        if kind not in GROWING and since_ns < self._cooldown_ns:
            ago, each = format_duration(since_ns), format_duration(self._cooldown_ns)
            return Refusal(f"the last one was taken {ago} ago, one is each {each}", passes=False)
        if why := self._budget.refusal(target.service, seconds, now_ns):
            return Refusal(why, passes=False)
        return None

    def done(self, target: Target, kind: str, size: int, now_ns: int) -> None:
        """One was taken, of so many bytes, or was to be: the target has spent the time."""
        since_ns = now_ns - self._cooldown_ns  # what was taken before says no more to anybody
        self._last = {key: at_ns for key, at_ns in self._last.items() if at_ns > since_ns}
        self._last[target.key, kind] = now_ns
        self._budget.spend(target.service, size, seconds_of(kind, self._settings), now_ns)
