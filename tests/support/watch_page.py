"""An imagined watcher for tests of its page, and the real server in front of it."""

from __future__ import annotations

import http.client
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from heapwise.errors import RecordingError, UsageError
from heapwise.model.watch import (
    Alert,
    Bin,
    Captured,
    Deploy,
    Floor,
    Health,
    Number,
    Severity,
    SinkHealth,
    Source,
    Stretch,
    Target,
    TargetState,
    Vitals,
)
from heapwise.units import NS_PER_S
from heapwise.watch.scale import UNSCALED, Scale
from heapwise.web.server import listen
from heapwise.web.watch.serving import Metrics, serving_page
from heapwise.web.watch.source import Watched

NOW_NS = 1_800_000_000 * NS_PER_S
MIB = 1 << 20
PERIOD_S = 0.2
"""Between two events of a stream."""

HOSTILE = '<img src=x onerror="window.pwned=1">\x1b]0;x\x07\n\u202e"><script>pwned=1</script>'


@dataclass
class Imagined:
    """A `Watched` whose parts a test sets, and changes while a page is open."""

    targets: dict[str, TargetState] = field(default_factory=dict)
    binned: dict[str, Sequence[Bin]] = field(default_factory=dict)
    raised: dict[str, Alert] = field(default_factory=dict)
    deployed: list[Deploy] = field(default_factory=list)
    captured: dict[int, tuple[Captured, bytes]] = field(default_factory=dict)
    silenced: list[tuple[str, int, str]] = field(default_factory=list)
    scale: Scale = UNSCALED
    can_silence: bool = True
    refuses: str = ""

    def now_ns(self) -> int:
        return NOW_NS

    def states(self) -> Sequence[TargetState]:
        return list(self.targets.values())

    def bins(self, target_key: str, since_ns: int) -> Sequence[Bin]:
        return [one for one in self.binned.get(target_key, ()) if one.begin_ns >= since_ns]

    def alerts(self, *, open_only: bool = False) -> Sequence[Alert]:
        return [one for one in self.raised.values() if not open_only or one.ended_ns is None]

    def deploys(self, service: str) -> Sequence[Deploy]:
        return [one for one in self.deployed if one.service == service]

    def profiles(self, target_key: str, since_ns: int) -> Sequence[Captured]:
        return [one for one, _ in self.captured.values()
                if one.target == target_key and one.at_ns >= since_ns]  # fmt: skip

    def capture(self, profile_id: int) -> Captured | None:
        return self.captured[profile_id][0] if profile_id in self.captured else None

    def profile_bytes(self, profile_id: int) -> bytes:
        data = self.captured[profile_id][1]
        if not data:
            raise RecordingError(f"profile {profile_id} is gone")
        return data

    def sinks(self) -> Sequence[SinkHealth]:
        return [SinkHealth(name="webhook", sent=3), SinkHealth(name="slack", problem=HOSTILE)]

    def silence(self, alert: Alert, duration_ns: int, comment: str) -> None:
        if self.refuses:
            raise UsageError(self.refuses)
        self.silenced.append((alert.id, duration_ns, comment))

    def runs(
        self, service: str, instance: str, *, live_mib: float = 100, grows: float = 0,
        hours: float = 24, health: Health = Health.UP, problem: str = "",
    ) -> Target:  # fmt: skip
        """Add a target, or change it: so many hours of bins, growing by MiB an hour."""
        target = Target(service=service, instance=instance, url=f"http://{instance}/debug/pprof")
        bins = tuple(_bins(live_mib, grows, hours))
        last = bins[-1] if bins else None
        live = last.live if last is not None else live_mib * MIB
        self.binned[target.key] = bins
        self.targets[target.key] = TargetState(
            target=target, health=health, problem=problem, since_ns=NOW_NS - 3600 * NS_PER_S,
            asked=5760, failed=3, restarts=1, took_ns=4_000_000,
            vitals=Vitals(
                at_ns=NOW_NS, source=Source.PROMETHEUS, runtime="go", version="go1.27.3",
                build="v1.4.2", live=live, floor=Floor.EXACT, limit=1024 * MIB, rss=300 * MIB,
                tasks=412, threads=12,
            ),
            stretch=Stretch(
                begin_ns=NOW_NS - 15 * NS_PER_S, end_ns=NOW_NS, live=live, gc_share=0.031,
                allocated=15 * 20e6, mallocs=15 * 2.4e5, work=15 * 800.0,
            ),
        )  # fmt: skip
        return target

    def raises(self, target: Target, code: str = "leak", severity: Severity = Severity.PAGE,
               **fields: Any) -> Alert:  # fmt: skip
        """Add an alert that began an hour ago."""
        known: dict[str, Any] = {
            "id": f"{code}-{len(self.raised)}",
            "summary": f"{code} of {target.instance}: live heap grew by 42 % in 12 h",
            "began_ns": NOW_NS - 3600 * NS_PER_S,
            "seen_ns": NOW_NS,
            "numbers": (
                Number("live heap", 180 * MIB, "B"),
                Number("growth", 0.42, "share"),
                Number("window", 12 * 3600 * 1e9, "ns"),
            ),
            **fields,
        }
        alert = Alert(
            target=target.key, service=target.service, instance=target.instance, code=code,
            severity=severity, **known,
        )  # fmt: skip
        self.raised[alert.id] = alert
        return alert

    def took(self, target: Target, number: int, data: bytes, kind: str = "heap") -> Captured:
        """Add a profile, taken half an hour ago."""
        captured = Captured(id=number, kind=kind, at_ns=NOW_NS - 1800 * NS_PER_S, target=target.key,
                            reason="leak", size=len(data), sha256="0" * 64)  # fmt: skip
        self.captured[number] = (captured, data)
        return captured


def _bins(live_mib: float, grows: float, hours: float) -> Iterator[Bin]:
    count = int(hours * 12)
    for at in range(count):
        age = (at - count) / 12
        wiggle = 1 + 0.05 * math.sin(at / 9) + 0.02 * math.sin(at * 2.7)
        yield Bin(
            begin_ns=NOW_NS + round(age * 3600) * NS_PER_S,
            stretches=20,
            live=(live_mib + grows * (hours + age)) * wiggle * MIB,
            load=800.0,
            allocated=20e6 * wiggle,
            work=800.0,
            gc_share=0.03 * wiggle,
            pause_p99_ns=800_000 * wiggle,
            pause_max_ns=2_400_000 * wiggle,
            coverage=0.62,
            cycles=60,
            rss=300.0 * MIB,
            tasks=400 + at % 20,
            limit=512.0 * MIB,
        )


class Answer(NamedTuple):
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Served:
    """A page that is served, and what it shows."""

    address: str
    watched: Watched

    @property
    def port(self) -> int:
        port = urlsplit(self.address).port
        assert port is not None
        return port

    def send(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """One request; underscores in names of headers are hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, {"host": f"localhost:{self.port}"} | named)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, said, answer.read())
        finally:
            connection.close()


@contextmanager
def served(
    watched: Watched, token: str = "", metrics: Metrics | None = None, port: int = 0
) -> Iterator[Served]:
    """The real server on a port of loopback, any that is free if none is named."""
    with (
        listen("127.0.0.1", port) as listener,
        serving_page(listener, watched, token=token, metrics=metrics, period_s=PERIOD_S) as address,
    ):
        yield Served(address, watched)
