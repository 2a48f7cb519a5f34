"""The part of a run that is measured: warm-up, fences, windows, and traces after them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import msgspec

from heapwise.errors import ServiceError
from heapwise.formats.rates import describe
from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase, PhaseReport
from heapwise.load.schedule import warm_up
from heapwise.model.generator import ENGINE_EVENT
from heapwise.model.load import HitFlag, Hits, Plan, Schedule
from heapwise.model.recording import Fence, Problem, Scope, Window
from heapwise.record.capture.captures import Captures
from heapwise.record.fence import fence_after, fence_before
from heapwise.record.request import FENCING, TRACE_SETTLE_NS, Notify, Progress, RunRequest
from heapwise.record.sampler import Collector, Sampler
from heapwise.record.store import RecordingWriter
from heapwise.record.supervise import Service
from heapwise.units import NS_PER_S

SETTLE_NS = 500_000_000
"""Load between a forced collection and the counters, for pools to fill again."""

TRACE = "trace"
"""Name of the stretch of load in which a trace is taken; see `Capture.window`."""


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
        self.captures = Captures(request.captures, collector, self.stopped)

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
        schedule = self.request.trace_schedule if self.captures.wants_trace else None
        if schedule is not None and not self.stopped() and not self._lost:
            self._trace(driver, schedule, everything)
        self._note_death()

    def watch(self) -> None:
        """Record for a while, or until interrupted, while somebody else makes the load."""
        length = self.request.duration_ns
        settle = partial(time.sleep, SETTLE_NS / NS_PER_S)
        self._window("record", -1, self._wait_tracing, settle, length)
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
        self._window(name, target, work, settle, plan.schedule.duration_ns)

    def _warm_up(
        self, plan: Plan, driver: LoadDriver, targets: tuple[int, ...], duration_ns: int
    ) -> None:
        """Send hits that count in no figure; nothing where not even one would be due."""
        schedule = warm_up(plan.schedule, duration_ns)
        if schedule is None:
            return
        self.notify(Progress(step="warm-up"))
        phase = Phase(schedule=schedule, targets=targets, flags=HitFlag.WARMUP)
        driver.run(phase, self.writer.hits, self.stopped)

    def _trace(self, driver: LoadDriver, schedule: Schedule, targets: tuple[int, ...]) -> None:
        """Drive a stretch of load that counts in no figure, and trace the service under it."""
        rate = float(schedule.rate)
        self.notify(Progress(step=f"execution trace, {describe(schedule)}"))
        began = self.collector.now()
        with self.captures.trace(TRACE, wait_ns=TRACE_SETTLE_NS):
            phase = Phase(schedule=schedule, targets=targets, flags=HitFlag.WARMUP)
            driver.run(phase, self.writer.hits, self.stopped)
        self.writer.event(began, "trace-load", ended_ns=self.collector.now(), rate=rate)
        self._note_death(Scope.NONE)  # the windows are over, and their figures are whole

    def _window(
        self,
        name: str,
        target: int,
        work: Callable[[], None],
        settle: Callable[[], None],
        length_ns: int,
    ) -> None:
        def ready() -> None:
            settle()
            self.captures.before(name, length_ns)

        self.notify(FENCING)
        before = self._fence_before(name, ready)
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
        self.notify(FENCING)
        after = fence_after(self.collector, f"after-{name}", self.captures.after)
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
            self.captures.look(hits)
            self.notify(Progress(step="load", hits=hits))

        def stopped() -> bool:
            if self.stopped():
                return True
            self.notify(Progress(step="load"))  # how long it has been silent is news, too
            return False

        self.notify(Progress(step="load"))
        self._note_engine(driver.run(phase, deliver, stopped))

    def _note_engine(self, report: PhaseReport) -> None:
        self.writer.event(
            self.collector.now(),
            ENGINE_EVENT,
            stopped=report.stopped,
            **msgspec.to_builtins(report.usage),
        )
        for target, body in report.bodies:
            self.writer.response_body(target, body)

    def _wait_tracing(self) -> None:
        """Wait, and take a trace in the middle: nobody else's load can be asked for more later."""
        captures, length = self.request.captures, self.request.duration_ns
        if not self.captures.wants_trace:
            self._wait()
            return
        begin = max(0, (length - captures.trace_ns) // 2) if length else TRACE_SETTLE_NS
        with self.captures.trace("record", wait_ns=begin):
            self._wait()
        if self.captures.traces:
            self.writer.problem(
                Problem(
                    scope=Scope.NONE,
                    what="the execution trace was taken inside the window: about 2.4 MB that the "
                    "service allocates for it are in the figures, and it slows the service down",
                    remedy="record without --trace for figures free of it",
                )
            )

    def _wait(self) -> None:
        self.notify(Progress(step="recording"))
        end = time.monotonic() + self.request.duration_ns / 1e9
        while not self.stopped():
            left = end - time.monotonic() if self.request.duration_ns else 1.0
            if left <= 0:
                return
            self.stop.wait(min(left, 1.0))

    def _note_death(self, spoils: Scope = Scope.ALL) -> None:
        if self.service is None or self.service.alive() or self._death_noted:
            return
        self._death_noted = True
        self.writer.event(self.collector.now(), "service-exited", code=self.service.exit_code)
        self.writer.problem(
            Problem(
                scope=spoils,
                what=f"the service exited with code {self.service.exit_code} during the run",
                remedy=f"its last words are in {self.writer.stderr_path}",
            )
        )
