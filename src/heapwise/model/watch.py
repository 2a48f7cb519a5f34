"""Services that are watched for days: what one answers, what that means, and what is wrong.

A *target* is one process that is asked again and again; a *service* is all targets of one name.
`Vitals` is what a target says at one moment, whoever said it and in whichever format. Two of them
make a `Stretch`, stretches make the `Bin` of five minutes that detectors and the store keep, and
what a detector sees in those is a `Sign`. A sign that lasts is an `Alert`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from heapwise.model.finding import Finding
from heapwise.model.gc import Pause, TimeHistogram


class Source(StrEnum):
    """Where vitals were read, best first."""

    PROMETHEUS = "prometheus"
    EXPVAR = "expvar"
    MEMSTATS = "heap?debug=1"
    AGENT = "agent"


class Floor(StrEnum):
    """What the live heap of a reading is, best first."""

    EXACT = "live heap"
    """The runtime says what the last cycle found reachable."""

    GOAL = "from the heap goal"
    """Worked out of NextGC by `heapwise.analysis.live_heap`."""

    IN_USE = "in use"
    """Of a runtime that frees what is dead at once: the smallest of a bin."""

    HEAP = "least heap"
    """HeapAlloc, of which only the smallest of a bin means something."""

    RSS = "resident"
    """Resident memory, of which the same holds."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One process to watch.

    Attributes:
        service: the name it shares with others like it.
        instance: what tells it from them, as ``10.0.0.7:6060``.
        url: of its debug endpoint or its metrics page, without credentials.
        pprof: of its debug endpoint, where `url` is a metrics page and the settings name one.
        labels: for people, and for sinks; sorted by name.
    """

    service: str
    instance: str
    url: str
    pprof: str = ""
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """What it goes by in the store and in alerts."""
        return f"{self.service}/{self.instance}"


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """What a target says at one moment. None is what it does not say.

    Attributes:
        at_ns: unix ns, of a clock that never goes back while the watcher runs.
        source: where it was read.
        runtime: ``go`` or ``python``.
        version: of the runtime, as ``go1.27.3``; empty if not told.
        build: of the program, from its build information or a label; empty if not told.
        started_ns: when the process began, unix ns.
        process: a number that stands for the process; of workers, for the one that answers for all.
        live: bytes of the live heap.
        floor: what `live` is.
        heap: bytes of reachable and not yet swept objects.
        goal: bytes at which the next cycle starts.
        gogc: GOGC; 0 where the collector is off.
        limit: bytes beyond which the process is killed or collects for nothing else.
        hard_limit: bytes beyond which it is killed.
        rss: resident bytes.
        allocated: bytes, ever.
        mallocs: objects allocated, ever.
        frees: objects freed, ever.
        cycles: completed collections, ever; of CPython those of the oldest generation.
        pauses: the newest that it remembers, oldest first.
        pause_histogram: all of them, by length.
        pause_total_ns: all of them together.
        gc_cpu_s: CPU seconds that collecting took, idle marking left out, ever.
        assist_cpu_s: of these, those that allocating goroutines had to give.
        cpu_available_s: CPU seconds that the process could have had, ever.
        cpu_s: CPU seconds that it had, ever.
        cpu_counted_s: the same by the runtime's own count, which like `gc_cpu_s` and
            `cpu_available_s` ends with the newest cycle.
        gc_fraction: collecting's share of `cpu_available_s`, for runtimes that tell only that.
        last_gc_ns: when the newest cycle ended, unix ns by the clock of the target.
        tasks: goroutines; threads and asyncio tasks.
        threads: of the operating system.
        work: requests, or other units of work, ever.
    """

    at_ns: int
    source: Source
    runtime: str
    version: str = ""
    build: str = ""
    started_ns: int | None = None
    process: int | None = None
    live: float | None = None
    floor: Floor | None = None
    heap: float | None = None
    goal: float | None = None
    gogc: float | None = None
    limit: float | None = None
    hard_limit: float | None = None
    rss: float | None = None
    allocated: float | None = None
    mallocs: float | None = None
    frees: float | None = None
    cycles: int | None = None
    pauses: tuple[Pause, ...] = ()
    pause_histogram: TimeHistogram | None = None
    pause_total_ns: float | None = None
    gc_cpu_s: float | None = None
    assist_cpu_s: float | None = None
    cpu_available_s: float | None = None
    cpu_s: float | None = None
    cpu_counted_s: float | None = None
    gc_fraction: float | None = None
    last_gc_ns: int | None = None
    tasks: int | None = None
    threads: int | None = None
    work: float | None = None


class PausesSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The pauses of a stretch of time.

    Attributes:
        happened: collections in it, or pauses where the histogram counts those.
        histogram: all of them by length; None where they come from a ring.
        lengths_ns: those that the ring still had, in order; empty where there is a histogram.
        generations: of the same; empty for Go.
        total_ns: all of them together, if that is told.
    """

    happened: int
    histogram: TimeHistogram | None = None
    lengths_ns: tuple[int, ...] = ()
    generations: tuple[int, ...] = ()
    total_ns: float | None = None

    @property
    def coverage(self) -> float:
        """Share of what happened that was seen."""
        if self.histogram is not None or not self.happened:
            return 1.0
        return min(1.0, len(self.lengths_ns) / self.happened)


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """What a target did between two readings. No amount is ever negative; None is unknown.

    Attributes:
        begin_ns: of the earlier reading.
        end_ns: of the later one.
        live: bytes of the live heap at the end.
        heap: bytes of the heap at the end.
        rss: resident bytes at the end.
        limit: at the end.
        hard_limit: at the end.
        allocated: bytes, in between.
        mallocs: objects, in between.
        pauses: in between.
        gc_share: of the CPU the process could have had, what collecting took.
        gc_of_used: of the CPU it did have, the same.
        assist_share: of the CPU the process could have had, what assists took.
        cpu_share: processors in use on average.
        tasks: at the end.
        threads: at the end.
        work: units of work, in between.
    """

    begin_ns: int
    end_ns: int
    live: float | None = None
    heap: float | None = None
    rss: float | None = None
    limit: float | None = None
    hard_limit: float | None = None
    allocated: float | None = None
    mallocs: float | None = None
    pauses: PausesSeen | None = None
    gc_share: float | None = None
    gc_of_used: float | None = None
    assist_share: float | None = None
    cpu_share: float | None = None
    tasks: int | None = None
    threads: int | None = None
    work: float | None = None

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.end_ns - self.begin_ns) / 1e9


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Five minutes of a target: what is kept for long. None is unknown.

    Attributes:
        begin_ns: unix ns, a multiple of the length since the target's process was first seen.
        stretches: how many are in it; with few of them the floor is none.
        live: the least live heap, bytes.
        load: mean of what the service had to do: work a second where that is known, else bytes
            allocated a second.
        allocated: bytes a second, mean.
        work: units of work a second, mean.
        gc_share: mean.
        gc_of_used: mean.
        assist_share: mean.
        pause_p99_ns: of all that were seen in it.
        pause_max_ns: the same.
        coverage: share of the pauses that were seen.
        cycles: collections.
        rss: the least.
        tasks: the least.
        limit: the last.
    """

    begin_ns: int
    stretches: int
    live: float | None = None
    load: float | None = None
    allocated: float | None = None
    work: float | None = None
    gc_share: float | None = None
    gc_of_used: float | None = None
    assist_share: float | None = None
    pause_p99_ns: float | None = None
    pause_max_ns: float | None = None
    coverage: float | None = None
    cycles: int | None = None
    rss: float | None = None
    tasks: int | None = None
    limit: float | None = None


class Severity(StrEnum):
    """What is to be done about a sign."""

    CAPTURE = "capture"
    """Take profiles and say so on the page; nobody is called."""

    WARN = "warn"
    """Tell somebody, in working hours."""

    PAGE = "page"
    """Wake somebody."""


class Number(msgspec.Struct, frozen=True):
    """A figure of an alert: ``live heap grew by``, 0.42, ``share``; units as in the catalogue."""

    name: str
    value: float
    unit: str


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """What a detector sees now.

    Attributes:
        code: of the detector, as ``leak``; one target has at most one sign of a code.
        severity: what is to be done.
        summary: one sentence with the figures that matter.
        numbers: all of them.
        wants: captures that would explain it: ``heap``, ``cpu``, ``trace``, ``goroutine``.
        window_minutes: of a live heap that grows, the window it was seen in, before scaling; heap
            profiles have a say in whether such a sign wakes somebody.
    """

    code: str
    severity: Severity
    summary: str
    numbers: tuple[Number, ...] = ()
    wants: tuple[str, ...] = ()
    window_minutes: float | None = None


class PathGrowth(msgspec.Struct, frozen=True, kw_only=True):
    """A call path that holds more than it did.

    Attributes:
        path: ``caller > … > allocator``.
        growth: bytes, or tasks.
        share: of the growth of the whole.
        confirmed: captures in a row in which it explained at least half of it.
    """

    path: str
    growth: float
    share: float
    confirmed: int = 0


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """A profile that was taken because of a sign.

    Attributes:
        id: in the store.
        kind: ``heap``, ``cpu``, ``trace``, ``goroutine``.
        at_ns: when it was asked for.
        target: its key.
        reason: code of the sign, or ``next cycle``, ``later``.
        size: bytes as received.
        sha256: of them.
    """

    id: int
    kind: str
    at_ns: int
    target: str
    reason: str
    size: int
    sha256: str


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A sign, from when it was first seen until it has gone.

    Attributes:
        id: the same for the same code of the same target, and another one each time it comes back.
        target: its key.
        service: of the target.
        instance: of the target.
        labels: of the target.
        code: of the detector.
        severity: the highest so far.
        summary: as last seen, with the path that grows where one is confirmed.
        began_ns: first seen.
        seen_ns: last seen.
        ended_ns: gone since; None while it lasts.
        ended_why: why, where that is more than that the sign has gone.
        numbers: as last seen.
        grows: paths that explain it, most first.
        captures: profiles taken for it.
        findings: what `diagnose` says of them.
        commands: to look further.
        notes: why a capture was not taken, or what it lacks, a sentence each.
        silenced: somebody asked not to be told.
    """

    id: str
    target: str
    service: str
    instance: str
    code: str
    severity: Severity
    summary: str
    began_ns: int
    seen_ns: int
    labels: tuple[tuple[str, str], ...] = ()
    ended_ns: int | None = None
    ended_why: str = ""
    numbers: tuple[Number, ...] = ()
    grows: tuple[PathGrowth, ...] = ()
    captures: tuple[Captured, ...] = ()
    findings: tuple[Finding, ...] = ()
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    silenced: bool = False


class Deploy(msgspec.Struct, frozen=True, kw_only=True):
    """A service began to run another build.

    Attributes:
        service: its name.
        build: what runs now.
        before: what ran until then; empty for the first one seen.
        at_ns: when the first target of the new build was seen.
    """

    service: str
    build: str
    before: str
    at_ns: int


class Health(StrEnum):
    """Whether a target answers."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    STRANGE = "strange"
    """It answers, but nothing that can be used."""


class TargetState(msgspec.Struct, frozen=True, kw_only=True):
    """How a target does, for the page and the exporters.

    Attributes:
        target: which.
        health: whether it answers.
        problem: why not, in words; empty where it does.
        since_ns: when that became so.
        seen_ns: when it was last asked; 0 where only a store would know.
        asked: scrapes, ever.
        failed: of these, those without vitals.
        restarts: of the process, that were seen.
        took_ns: the last scrape.
        vitals: the last ones.
        stretch: the last one.
    """

    target: Target
    health: Health
    problem: str = ""
    since_ns: int = 0
    seen_ns: int = 0
    asked: int = 0
    failed: int = 0
    restarts: int = 0
    took_ns: int = 0
    vitals: Vitals | None = None
    stretch: Stretch | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is told at once: the alerts of one service and code.

    Attributes:
        status: ``firing`` while one of them lasts, else ``resolved``.
        service: its name.
        code: of all.
        severity: the highest of those that last; of all where none does.
        lasting: how many last.
        instances: how many targets the service has.
        summary: one sentence: what is wrong on how many of them.
        alerts: those that last first.
    """

    status: str
    service: str
    code: str
    severity: Severity
    lasting: int
    instances: int
    summary: str
    alerts: tuple[Alert, ...]


class SinkHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a sink does, for the page and the exporters.

    Attributes:
        name: of the sink.
        sent: notices that it took, ever.
        failed: attempts that failed, ever.
        waiting: alerts that it has yet to be told of.
        dropped: alerts that it is not told of any more, since too many waited.
        problem: of the last attempt, in words; empty where that went well.
        told_ns: when it last took one; None if never.
    """

    name: str
    sent: int = 0
    failed: int = 0
    waiting: int = 0
    dropped: int = 0
    problem: str = ""
    told_ns: int | None = None
