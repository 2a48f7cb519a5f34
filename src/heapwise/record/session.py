"""A run, step by step: preflight, warm-up, fence, load with sampling, fence, done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from heapwise.load.driver import LoadDriver
from heapwise.load.schedule import total
from heapwise.model.memory import ProcessSample
from heapwise.record import procfs
from heapwise.record.capture.host import HostWatch
from heapwise.record.capture.summaries import keep_summaries
from heapwise.record.interrupt import stop_on_signal
from heapwise.record.machine import clock_pair
from heapwise.record.preflight import Found, find_service
from heapwise.record.request import Notify, Progress, RunRequest
from heapwise.record.run import Run
from heapwise.record.sampler import Collector
from heapwise.record.staging import Staging
from heapwise.record.supervise import Service
from heapwise.runtimes import local

__all__ = ["Notify", "Progress", "RunRequest", "record_run"]


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
    if request.trace_schedule is not None:
        total(request.trace_schedule)
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
        found = find_service(request.service, request.targets, request.access)
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
            meter=request.meter,
        )
        run = Run(request, writer, collector, stop, notify, service)
        with HostWatch(writer, zero.monotonic_ns, group_member(found, service)), run.captures:
            if request.plan is None:
                run.watch()
            else:
                with LoadDriver(request.plan, zero_ns=zero.monotonic_ns) as driver:
                    run.drive(request.plan, driver)
        if run.captures.traces and not stop.is_set():
            notify(Progress(step="reading the execution trace"))
            keep_summaries(request.output, run.captures.traces)
        writer.finish(interrupted=stop.is_set() and not request.open_ended)
    return request.output


def watched(found: Found) -> Callable[[int], ProcessSample | None] | None:
    """What the system says of a service that ran before us, where it is certain whose it is."""
    pid = found.runtime.process(found.endpoint)
    return None if pid is None else partial(procfs.sample, pid)


def group_member(found: Found, service: Service | None) -> int | None:
    """A process in the service's control group; None for a service that runs elsewhere.

    One that ran before us is found by its listener. A proxy in the service's place would mislead
    about its memory, and for a group's quota is as good: both are in one as a rule.
    """
    if service is not None:
        return service.pid
    return local.listener(found.endpoint)
