"""A run, step by step: preflight, warm-up, fence, load with sampling, fence, done."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from heapwise import __version__
from heapwise.errors import ServiceError
from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase, PhaseReport
from heapwise.load.schedule import total
from heapwise.model.load import ConstantRate, HitFlag, Hits, Plan, Target
from heapwise.model.memory import ProcessSample
from heapwise.model.recording import (
    FORMAT,
    ClockPair,
    Fence,
    Manifest,
    Problem,
    Scope,
    ServiceInfo,
    Window,
)
from heapwise.record import procfs
from heapwise.record.fence import fence_after, fence_before
from heapwise.record.interrupt import stop_on_signal
from heapwise.record.machine import clock_pair, this_machine
from heapwise.record.preflight import FALLBACK, Found, find_service, origin
from heapwise.record.redact import redact, redact_argv
from heapwise.record.sampler import Collector, Sampler
from heapwise.record.store import RecordingWriter
from heapwise.record.supervise import Service
from heapwise.runtimes.access import ANYONE, Access
from heapwise.runtimes.fetch import Endpoint
from heapwise.runtimes.registry import SETTINGS
from heapwise.units import NS_PER_S

SETTLE_NS = 500_000_000
"""Load between a forced collection and the counters, for pools to fill again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What the user asked for.

    Attributes:
        plan: the load; None records while somebody else makes it.
        service: the debug endpoint, None to look for it.
        access: what it wants to be sent.
        exec_command: starts the service; None where it runs already.
        duration_ns: how long to record without a plan; 0 is until interrupted.
        interval_ns: the longest time between two readings.
    """

    plan: Plan | None
    output: Path
    service: str | None = None
    access: Access = ANYONE
    exec_command: str | None = None
    duration_ns: int = 0
    interval_ns: int = 1_000_000_000
    force: bool = False
    keep_secrets: bool = False
    argv: tuple[str, ...] = ()

    @property
    def open_ended(self) -> bool:
        """True where only Ctrl-C ends the recording, and so is no interruption."""
        return self.plan is None and not self.duration_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands, for whoever wants to show it.

    Attributes:
        step: ``warm-up``, ``fence``, ``load`` …
        hits: hits that ended since the last progress; None outside load.
    """

    step: str
    hits: Hits | None = None


Notify = Callable[[Progress], None]


def record_run(request: RunRequest, *, notify: Notify) -> Path:
    """Carry out a run and leave its recording at ``request.output``.

    Raises:
        UsageError: the plan has no hits, or too many; nothing was started.
        ServiceError: the service cannot be reached or measured; what was recorded is readable.
        RecordingError: the recording cannot be written; what is there is readable.
        KeyboardInterrupt: quit by Ctrl-C before there was anything to finish, or by the second
            one; the recording, where there is one, says interrupted.
    """
    if request.plan is not None:
        total(request.plan.schedule)
    recording = threading.Event()
    with ExitStack() as stack:
        stop = stack.enter_context(
            stop_on_signal(
                lambda text: notify(Progress(step=text)), worth_finishing=recording.is_set
            )
        )
        zero = clock_pair()
        staging = Staging(request, zero)
        service = stack.enter_context(staging.started_service(notify))
        found = find_service(request.service, request_targets(request), request.access)
        if service is not None:
            service.must_own(found.endpoint)
        notify(Progress(step=f"measuring {found.endpoint.url} ({found.info.runtime})"))
        writer = stack.enter_context(staging.writer(found, service))
        recording.set()
        collector = Collector(
            found.runtime,
            found.endpoint,
            writer,
            zero.monotonic_ns,
            process=service.sample if service else watched(found),
        )
        run = Run(request, writer, collector, stop, notify, service)
        if request.plan is None:
            run.watch()
        else:
            with LoadDriver(request.plan, zero_ns=zero.monotonic_ns) as driver:
                run.drive(request.plan, driver)
        writer.finish(interrupted=stop.is_set() and not request.open_ended)
    return request.output


def watched(found: Found) -> Callable[[int], ProcessSample | None] | None:
    """What the system says of a service that ran before us, where it is certain whose it is."""
    pid = found.runtime.process(found.endpoint)
    return None if pid is None else partial(procfs.sample, pid)


def request_targets(request: RunRequest) -> tuple[Target, ...]:
    """The targets of the plan; none without a plan."""
    return request.plan.targets if request.plan is not None else ()


class Staging:
    """Brings up what a run stands on: the service, and the recording that describes it."""

    def __init__(self, request: RunRequest, zero: ClockPair) -> None:
        self.request = request
        self.zero = zero
        # Beside the recording, so that it can be renamed into it; a name nobody else has.
        name = f"{request.output.name}.{secrets.token_hex(4)}.stderr"
        self._stderr = request.output.with_name(name)

    @contextmanager
    def started_service(self, notify: Notify) -> Iterator[Service | None]:
        """Start the service where we are asked to, and end it afterwards."""
        command = self.request.exec_command
        if command is None:
            yield None
            return
        notify(Progress(step=f"starting {command}"))
        try:
            with Service.start(command, stderr=self._stderr) as service:
                self._await_ports(service)
                yield service
        finally:
            self._stderr.unlink(missing_ok=True)

    def _await_ports(self, service: Service) -> None:
        """Wait for where the load goes, and for the debug endpoint where it is known."""
        origins = sorted(set(map(origin, request_targets(self.request))))
        if self.request.service is not None or not origins:
            origins.append(self.request.service or FALLBACK)
        for each in origins:
            service.await_port(Endpoint.parse(each))

    @contextmanager
    def writer(self, found: Found, service: Service | None) -> Iterator[RecordingWriter]:
        """Create the recording; the service's stderr moves into it."""
        writer = RecordingWriter.create(
            self.request.output,
            self._manifest(found.info, service),
            bodies=[target.body or None for target in request_targets(self.request)],
            force=self.request.force,
        )
        with writer:
            if service is not None:
                self._stderr.rename(writer.stderr_path)
            yield writer

    def _manifest(self, info: ServiceInfo, service: Service | None) -> Manifest:
        request = self.request
        plan, redacted = (
            redact(request.plan, keep_secrets=request.keep_secrets) if request.plan else (None, ())
        )
        if service is not None:
            info = msgspec.structs.replace(
                info,
                command=redact_argv(service.command, keep_secrets=request.keep_secrets),
                settings={**info.settings, **_meant_for(info.runtime, service.settings)},
                cgroup_limit=service.cgroup_limit,
            )
        return Manifest(
            format=FORMAT,
            tool=__version__,
            run_id=secrets.token_hex(8),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            argv=redact_argv(request.argv, keep_secrets=request.keep_secrets),
            service=info,
            machine=this_machine(),
            clock=self.zero,
            plan=plan,
            redacted=redacted,
        )


def _meant_for(runtime: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that a runtime reads: what we start gets Go's GODEBUG, whatever it is."""
    names = SETTINGS.get(runtime, frozenset())
    return {name: value for name, value in settings.items() if name in names}


class Run:
    """The part of a run that is measured."""

    def __init__(
        self,
        request: RunRequest,
        writer: RecordingWriter,
        collector: Collector,
        stop: threading.Event,
        notify: Notify,
        service: Service | None,
    ) -> None:
        self.request = request
        self.writer = writer
        self.collector = collector
        self.stop = stop
        self.notify = notify
        self.service = service
        self._measured = False
        self._lost = False
        self._death_noted = False

    def drive(self, plan: Plan, driver: LoadDriver) -> None:
        """Warm up, then drive every window of the plan."""
        everything = tuple(range(len(plan.targets)))
        self._warm_up(plan, driver, everything, plan.warmup_ns)
        if not plan.apart or len(everything) == 1:
            windows = [("load", -1, everything)]
        else:
            windows = [(f"target-{target}", target, (target,)) for target in everything]
        for name, target, targets in windows:
            if not self.stopped() and not self._lost:
                self._drive(plan, driver, targets, name, target)
        self._note_death()

    def watch(self) -> None:
        """Record for a while, or until interrupted, while somebody else makes the load."""
        self._window("record", -1, self._wait, lambda: time.sleep(SETTLE_NS / 1e9))
        self._note_death()

    def stopped(self) -> bool:
        """True once the user or the service's death has ended the run."""
        return self.stop.is_set() or self._dead()

    def _dead(self) -> bool:
        """True once a service that we started has ended."""
        return self.service is not None and not self.service.alive()

    def _drive(
        self, plan: Plan, driver: LoadDriver, targets: tuple[int, ...], name: str, target: int
    ) -> None:
        work = partial(self._load, driver, plan, targets)
        settle = partial(self._warm_up, plan, driver, targets, min(SETTLE_NS, plan.warmup_ns))
        self._window(name, target, work, settle)

    def _warm_up(
        self, plan: Plan, driver: LoadDriver, targets: tuple[int, ...], duration_ns: int
    ) -> None:
        """Send hits that count in no figure; nothing where not even one would be due."""
        schedule = ConstantRate.of(plan.schedule.rate, duration_ns)
        if schedule.rate * duration_ns < NS_PER_S:
            return
        self.notify(Progress(step="warm-up"))
        phase = Phase(schedule=schedule, targets=targets, flags=HitFlag.WARMUP)
        driver.run(phase, self.writer.hits, self.stopped)

    def _window(
        self, name: str, target: int, work: Callable[[], None], settle: Callable[[], None]
    ) -> None:
        self.notify(Progress(step="fence: collecting garbage, taking a heap profile"))
        before = self._fence_before(name, settle)
        if before is None or self.stop.is_set():
            return
        window = Window(name=name, target=target, before=before, after=None, readings=0)
        self.writer.window(window)
        self._measured = True
        readings = self.collector.readings
        with Sampler(self.collector, self.request.interval_ns):
            work()
        readings = self.collector.readings - readings
        self._note_death()
        self.notify(Progress(step="fence: collecting garbage, taking a heap profile"))
        after = fence_after(self.collector, f"after-{name}")
        self._lost = after is None
        self.writer.window(msgspec.structs.replace(window, after=after, readings=readings))

    def _fence_before(self, name: str, settle: Callable[[], None]) -> Fence | None:
        """The first fence of a window; None where there is something to report without it.

        Raises:
            ServiceError: the service does not answer, and nothing was measured yet.
        """
        try:
            return fence_before(self.collector, f"before-{name}", settle)
        except ServiceError as error:
            if not self._measured and not self._dead():
                raise
            self._lost = True
            what = f"the service did not answer before window {name!r}: {error}"
            self.writer.problem(Problem(scope=Scope.ALL, what=what))
            return None

    def _load(self, driver: LoadDriver, plan: Plan, targets: tuple[int, ...]) -> None:
        phase = Phase(schedule=plan.schedule, targets=targets)

        def deliver(hits: Hits) -> None:
            self.writer.hits(hits)
            self.notify(Progress(step="load", hits=hits))

        self.notify(Progress(step="load"))
        self._note_engine(driver.run(phase, deliver, self.stopped))

    def _note_engine(self, report: PhaseReport) -> None:
        self.writer.event(
            self.collector.now(),
            "engine",
            cpu_ns=report.cpu_ns,
            elapsed_ns=report.ended_ns - report.zero_ns,
            connections_opened=report.connections_opened,
            queue_max=report.queue_max,
            stopped=report.stopped,
        )
        for target, body in report.bodies:
            self.writer.response_body(target, body)

    def _wait(self) -> None:
        self.notify(Progress(step="recording"))
        end = time.monotonic() + self.request.duration_ns / 1e9
        while not self.stopped():
            left = end - time.monotonic() if self.request.duration_ns else 1.0
            if left <= 0:
                return
            self.stop.wait(min(left, 1.0))

    def _note_death(self) -> None:
        if self.service is None or self.service.alive() or self._death_noted:
            return
        self._death_noted = True
        self.writer.event(self.collector.now(), "service-exited", code=self.service.exit_code)
        self.writer.problem(
            Problem(
                scope=Scope.ALL,
                what=f"the service exited with code {self.service.exit_code} during the run",
                remedy=f"its last words are in {self.writer.stderr_path}",
            )
        )
