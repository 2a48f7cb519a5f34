"""How much captures have cost in the last hour, for a service and for everything."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from heapwise.units import NS_PER_S, format_duration, format_size, how_many
from heapwise.watch.capture.settings import Allowance, CaptureSettings


@dataclass(slots=True)
class _Spent:
    """Captures of the last hour: when, bytes and seconds, oldest first."""

    allowed: Allowance
    captures: deque[tuple[int, int, float]] = field(default_factory=deque)

    def excess(self, seconds: float, since_ns: int) -> str:
        """What one more capture would be too much of; empty for nothing."""
        while self.captures and self.captures[0][0] <= since_ns:
            self.captures.popleft()
        allowed = self.allowed
        if len(self.captures) >= allowed.captures:
            return f"there were {how_many(len(self.captures), 'capture')}"
        size = sum(each for _, each, _ in self.captures)
        if size >= allowed.size:
            return f"they came to {format_size(size)} of {format_size(allowed.size)}"
        busy = sum(each for _, _, each in self.captures)
        if seconds and busy + seconds > allowed.seconds:
            of = format_duration(allowed.seconds * NS_PER_S)
            return f"{format_duration(busy * NS_PER_S)} of {of} were spent on profiling"
        return ""


class Budget:
    """Says no once the hour's allowance is used up; what is under way may pass it.

    Args:
        settings: with the allowances.
        hour_ns: how long an hour is.
    """

    def __init__(self, settings: CaptureSettings, hour_ns: int) -> None:
        self._hour_ns = hour_ns
        self._all = _Spent(settings.of_all)
        self._services: dict[str, _Spent] = defaultdict(lambda: _Spent(settings.of_a_service))

    def refusal(self, service: str, seconds: float, now_ns: int) -> str:
        """Why nothing may be taken now; empty where it may.

        Args:
            service: whose.
            seconds: of profiling that it would take, 0 for a profile that is there already.
            now_ns: unix ns.
        """
        since_ns = now_ns - self._hour_ns
        if what := self._services[service].excess(seconds, since_ns):
            return f"the hour's captures of {service} are used up, {what}"
        if what := self._all.excess(seconds, since_ns):
            return f"the hour's captures of all services are used up, {what}"
        return ""

    def spend(self, service: str, size: int, seconds: float, now_ns: int) -> None:
        """Note a capture of so many bytes, for which the target was profiled for so long."""
        for spent in (self._services[service], self._all):
            spent.captures.append((now_ns, size, seconds))
