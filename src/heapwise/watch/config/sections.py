"""The other tables: the watcher itself, what it captures, keeps, shows and passes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from heapwise.errors import UsageError
from heapwise.watch import STORE
from heapwise.watch.capture.settings import (
    CPU,
    GOROUTINE,
    HEAP,
    LEAKED,
    OF_A_SERVICE,
    OF_ALL,
    TRACE,
    Allowance,
    CaptureSettings,
)
from heapwise.watch.config.access import Guarded
from heapwise.watch.config.forms import FilePath, Length, Listen, SecretFrom, Size, Web
from heapwise.watch.config.tables import Table
from heapwise.watch.scale import Scale

_S = 10**9
_MINUTE_NS = 60 * _S
_HOUR_NS = 3600 * _S
_DAY_NS = 24 * _HOUR_NS

_OFTEN_S = 15.0
"""Between two readings where nobody says otherwise, before scaling."""

_SOONEST_NS = _S // 10
"""Of the readings of which nobody says how often they are: who wants more of them says so."""


class Watching(Table, frozen=True, kw_only=True):
    """The watcher.

    Attributes:
        interval: between two readings of a target; without it `15s`, of a shorter `hour` the same
            part, and at least `100ms`.
        deadline: of one reading, everything in it; the next one waits for it.
        hour: how long an hour of the detectors is. `1m` finds in 3 minutes what takes 3 hours,
            and is as easily fooled by what happens in a minute: for tests, labs and short jobs.
        store: directory of what is kept.
    """

    interval: Length | None = None
    deadline: Length = 10 * _S
    hour: Length = _HOUR_NS
    store: FilePath = Path(STORE)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Detectors may be hurried and not slowed down."""
        if self.hour > _HOUR_NS:
            yield "hour", "must not be longer than '1h'"

    @property
    def scale(self) -> Scale:
        """Of the detectors."""
        return Scale(self.hour / _HOUR_NS)

    @property
    def every_ns(self) -> int:
        """Between two readings of a target whose service does not say, ns.

        Where hours are shorter, so are the bins of the detectors, and each needs a reading.
        """
        return self.interval or max(_SOONEST_NS, self.scale.ns(seconds=_OFTEN_S))


class Capture(Table, frozen=True, kw_only=True):
    """Profiles that are taken because of a sign.

    Attributes:
        enabled: whether any are.
        heap: heap profiles.
        goroutine: lists of goroutines, threads and tasks.
        cpu: CPU profiles.
        trace: execution traces of Go.
        cooldown: between two CPU profiles, or two traces, of a target; scaled as the detectors
            are.
        cpu_length: of a CPU profile, in whole seconds.
        trace_length: of a trace.
        cpu_veto: share of its processors above which a target is left alone.
        per_hour: captures of all targets of a service in an hour.
        size: bytes that they send in an hour.
        profiling: for how long in an hour they are profiled by time or traced.
        overall_per_hour: the same three of everything that is watched.
        overall_size: see there.
        overall_profiling: see there.
    """

    enabled: bool = True
    heap: bool = True
    goroutine: bool = True
    cpu: bool = True
    trace: bool = True
    cooldown: Length = 60 * _MINUTE_NS
    cpu_length: Length = 10 * _S
    trace_length: Length = 1 * _S
    cpu_veto: float = 0.8
    per_hour: int = OF_A_SERVICE.captures
    size: Size = OF_A_SERVICE.size
    profiling: Length = 60 * _S
    overall_per_hour: int = OF_ALL.captures
    overall_size: Size = OF_ALL.size
    overall_profiling: Length = 600 * _S

    def faults(self) -> Iterator[tuple[str, str]]:
        """Nobody is profiled for minutes."""
        for key, length in (("cpu_length", self.cpu_length), ("trace_length", self.trace_length)):
            if length > 60 * _S:
                yield key, "must not be longer than '60s'"
        if self.cpu_length % _S:
            yield "cpu_length", "must be whole seconds: the endpoint takes no others"
        if not 0 < self.cpu_veto <= 1:
            yield "cpu_veto", "must be a share above 0 and at most 1, as 0.8"

    def settings(self) -> CaptureSettings:
        """The same for who takes them."""
        wanted = {
            HEAP: self.heap,
            GOROUTINE: self.goroutine,
            LEAKED: self.goroutine,
            CPU: self.cpu,
            TRACE: self.trace,
        }
        return CaptureSettings(
            kinds=frozenset(kind for kind, on in wanted.items() if on and self.enabled),
            cooldown_minutes=self.cooldown / _MINUTE_NS,
            cpu_seconds=self.cpu_length // _S,
            trace_seconds=self.trace_length / _S,
            cpu_veto=self.cpu_veto,
            of_a_service=Allowance(
                captures=self.per_hour, size=self.size, seconds=self.profiling / _S
            ),
            of_all=Allowance(
                captures=self.overall_per_hour,
                size=self.overall_size,
                seconds=self.overall_profiling / _S,
            ),
        )


class Retention(Table, frozen=True, kw_only=True):
    """How long what is kept.

    Attributes:
        vitals: readings.
        bins: minima and means of five minutes.
        profiles: captured profiles.
        size: of the database and the profiles; the oldest goes first. Neither sealed days count nor
            databases that were damaged and set aside: nothing removes those.
    """

    vitals: Length = 2 * _DAY_NS
    bins: Length = 60 * _DAY_NS
    profiles: Length = 30 * _DAY_NS
    size: Size = 4 << 30


class Archive(Table, frozen=True, kw_only=True):
    """Heap profiles of past days as Parquet, for `heapwise query`; needs heapwise[fleet].

    Attributes:
        enabled: whether days are sealed.
        path: where to, instead of `archive` in the store.
    """

    enabled: bool = False
    path: FilePath | None = None


class Http(Table, frozen=True, kw_only=True):
    """The page, and the watcher's own metrics at `/metrics`.

    Attributes:
        listen: where; not at all without. An address that other machines reach needs a token.
        token_file: that a request must know.
        names: by which the server may be called, besides its address and that of `url`.
        url: under which people open the page; sinks send links to it.
    """

    listen: Listen | None = None
    token_file: SecretFrom | None = None
    names: tuple[str, ...] = ()
    url: Web | None = None

    @property
    def called(self) -> tuple[str, ...]:
        """All names by which the server may be called."""
        of_url = urlsplit(self.url or "").hostname
        return (*self.names, of_url) if of_url else self.names

    def faults(self) -> Iterator[tuple[str, str]]:
        """What others can reach is guarded."""
        public = self.listen is not None and self.listen[0] not in {"127.0.0.1", "::1", "localhost"}
        if public and self.token_file is None:
            yield "token_file", "is missing: other machines reach the address of listen"
        try:
            _ = self.token_file and self.token_file.read()
        except UsageError as error:
            yield "token_file", str(error)


class Pyroscope(Guarded, frozen=True, kw_only=True):
    """Captured profiles, sent to a Pyroscope server as well.

    Attributes:
        url: its root.
        deadline: of one profile.
    """

    url: Web
    deadline: Length = 10 * _S


class Otlp(Guarded, frozen=True, kw_only=True):
    """Figures, sent to an OpenTelemetry collector by OTLP over HTTP.

    Attributes:
        url: of its receiver; `/v1/metrics` is added where there is no path.
        interval: between two messages.
        deadline: of one message.
    """

    url: Web
    interval: Length = 60 * _S
    deadline: Length = 10 * _S


class Export(Table, frozen=True, kw_only=True):
    """Who else gets what is measured."""

    pyroscope: Pyroscope | None = None
    otlp: Otlp | None = None


class Shard(Table, frozen=True, kw_only=True):
    """Which part of the targets is this watcher's, where one process is not enough.

    Attributes:
        index: of this watcher, from 1.
        of: how many there are.
    """

    index: int = 1
    of: int = 1

    def faults(self) -> Iterator[tuple[str, str]]:
        """A part of a whole."""
        if not 1 <= self.of <= 1000:
            yield "of", "must be from 1 to 1000"
        elif not 1 <= self.index <= self.of:
            yield "index", f"must be from 1 to {self.of}"
