"""A job: a program that runs to its end, measured from its beginning to it.

A program that takes part in the protocol of `heapwise.record.job_channel` waits at both ends, so
that the counters and the profiles of its first and last moment are exact. One that does not is
measured through its debug endpoint while it runs: from its birth, at which every counter was zero,
to the last reading before it was gone.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from heapwise.analysis.work_done import BEGAN, ENDED
from heapwise.errors import ServiceError
from heapwise.model.memory import Counters
from heapwise.model.recording import Fence, Problem, Scope, Window
from heapwise.record.capture.host import HostWatch
from heapwise.record.fence import fence_after, fence_before, fence_running
from heapwise.record.files import STDOUT
from heapwise.record.interrupt import stop_on_signal
from heapwise.record.job_channel import Channel
from heapwise.record.machine import clock_pair
from heapwise.record.preflight import FALLBACK, Found, find_service
from heapwise.record.request import FENCING, Notify, Progress, RunRequest
from heapwise.record.sampler import Collector, Sampler
from heapwise.record.staging import Staging
from heapwise.record.store import RecordingWriter
from heapwise.record.supervise import Service
from heapwise.runtimes import local
from heapwise.runtimes.fetch import Endpoint
from heapwise.units import NS_PER_S, format_duration

_LISTEN_S = 0.02
_EXIT_S = 30.0
"""A program that has been let go ends within this time, or is ended."""

_PROFILE_EVERY_NS = NS_PER_S
_PROFILE_GROWTH = 1.2
"""Profiles while a job runs are for one that is killed; their distance grows with its age."""

_WHY_NOT = (
    "a Python program needs heapwise-agent in its interpreter; one in Go serves net/http/pprof,"
    " for exact totals as docs/howto/go-jobs.md shows"
)


class JobEnd(NamedTuple):
    """How a job ended.

    Attributes:
        path: of the recording.
        exit_code: negative for a signal.
        stdout: what it printed; a file in the recording.
    """

    path: Path
    exit_code: int
    stdout: Path


def record_job(
    request: RunRequest,
    *,
    environment: Mapping[str, str] = MappingProxyType({}),
    echo: bool = False,
    notify: Notify,
) -> JobEnd:
    """Run a job, and leave its recording at ``request.output``.

    Args:
        request: its command is the program, its service where that is measured if it does not say
            so itself; it has no plan.
        environment: more variables for the program.
        echo: print what the program prints.
        notify: told of every step.

    Raises:
        ToolchainError: the program cannot be started.
        ServiceError: it ended, or said nothing, before it could be measured.
        RecordingError: the recording cannot be written; what is there is readable.
        KeyboardInterrupt: quit by Ctrl-C before there was anything to finish, or by the second
            one; the recording, where there is one, says interrupted.
    """
    recording = threading.Event()
    with ExitStack() as stack:
        stop = stack.enter_context(
            stop_on_signal(
                lambda text: notify(Progress(step=text)), worth_finishing=recording.is_set
            )
        )
        zero = clock_pair()
        staging = Staging(request, zero)
        notify(Progress(step=f"starting {request.exec_command}"))
        channel = stack.enter_context(Channel())
        program = stack.enter_context(
            staging.started_job(channel, _with_agent(environment), echo=echo)
        )
        found = _await(request, channel, program)
        writer = stack.enter_context(staging.writer(found, program))
        recording.set()
        collector = Collector(
            found.runtime, found.endpoint, writer, zero.monotonic_ns, process=program.sample,
            meter=request.meter, forks=True,
        )  # fmt: skip
        job = _Job(request, writer, collector, program, channel, stop)
        with HostWatch(writer, zero.monotonic_ns, program.pid):
            job.run(notify)
        writer.finish(interrupted=stop.is_set())
        code = program.exit_code
    return JobEnd(request.output, -9 if code is None else code, request.output / STDOUT)


class _Job:
    """The part of a job that is measured."""

    def __init__(
        self,
        request: RunRequest,
        writer: RecordingWriter,
        collector: Collector,
        program: Service,
        channel: Channel,
        stop: threading.Event,
    ) -> None:
        self._request = request
        self._writer = writer
        self._collector = collector
        self._program = program
        self._channel = channel
        self._stop = stop
        self._began = 0

    def run(self, notify: Notify) -> None:
        """Hold, begin, watch, hold, end."""
        notify(FENCING)
        window = self._begin()
        notify(Progress(step="job"))
        with Sampler(self._collector, self._request.interval_ns):
            window = self._watch(window)
        ended = self._collector.now()
        if self._channel.done:
            notify(FENCING)
            readings = self._collector.readings
            after = fence_after(self._collector, "after-job")
            # A program that ran out of memory may be unable to tell; what it told before counts.
            if window.after is None or (after is not None and after.profile):
                window = self._closed(window, after, readings)
        self._writer.event(ended, ENDED)
        self._channel.release()
        if not self._stop.is_set():
            self._await_exit()
        self._note_end(window, ended)

    def _begin(self) -> Window:
        """Open the window and let the program begin."""
        if self._channel.url:
            before = fence_before(self._collector, "before-job", lambda: None)
        else:
            before = Fence(at_ns=0, counters=_NOTHING_YET, birth=True, work=0)
        window = Window(name="job", target=-1, before=before, after=None, readings=0)
        self._writer.window(window)
        self._writer.event(self._collector.now() if self._channel.url else 0, BEGAN)
        self._began = self._collector.readings
        self._channel.go()
        return window

    def _closed(self, window: Window, after: Fence | None, readings: int) -> Window:
        """The window with its end, noted; ``readings`` had been taken when that began."""
        closed = msgspec.structs.replace(window, after=after, readings=readings - self._began)
        self._writer.window(closed)
        return closed

    def _watch(self, window: Window) -> Window:
        """Wait for the end; take a profile now and then, for a job that does not wait for us."""
        collector = self._collector
        due = collector.now() + _PROFILE_EVERY_NS
        while not self._ended():
            self._channel.listen(_LISTEN_S)
            if collector.now() < due or self._ended():
                continue
            readings = collector.readings
            after = fence_running(collector, "running-job")
            if after is not None:
                window = self._closed(window, after, readings)
            due = max(collector.now() + _PROFILE_EVERY_NS, round(collector.now() * _PROFILE_GROWTH))
        return window

    def _ended(self) -> bool:
        return self._channel.done or self._stop.is_set() or not self._program.alive()

    def _await_exit(self) -> None:
        end = time.monotonic() + _EXIT_S
        while self._program.alive() and not self._stop.is_set() and time.monotonic() < end:
            time.sleep(_LISTEN_S)
        if self._program.alive() and not self._stop.is_set():
            self._problem(
                Scope.NONE,
                f"the command was still running {_EXIT_S:.0f} s after its first program had ended, "
                "and was ended",
                "record one program at a time",
            )

    def _note_end(self, window: Window, ended: int) -> None:
        """Say what the figures lack, and how the program ended."""
        code = self._program.exit_code
        self._writer.event(self._collector.now(), "service-exited", code=code)
        if code and not self._stop.is_set():
            self._problem(
                Scope.NONE,
                f"the job {_how(code)}: {self._program.last_lines() or 'it said nothing'}",
                "" if self._channel.done else "the figures are those of the work until then",
            )
        if not self._channel.done:
            last = window.after.at_ns if window.after is not None else None
            reach = "no profile was taken" if last is None else format_duration(ended - last)
            self._problem(
                Scope.NONE,
                "estimate: the job did not wait at its end, and what it did after the last "
                f"reading is in no figure ({reach}{' before its end' if last else ''})",
                "" if self._channel.url else _WHY_NOT,
            )
        meter = self._request.meter
        if meter is not None and meter.others:
            others = ", ".join(sorted(meter.others)[:5])
            self._problem(
                Scope.NONE, f"the job also counts {others}; {meter.unit} was taken", "see --unit"
            )

    def _problem(self, scope: Scope, what: str, remedy: str) -> None:
        self._writer.problem(Problem(scope=scope, what=what, remedy=remedy))


_AGENT = {
    "HEAPWISE_AGENT": "on",
    "HEAPWISE_AGENT_ADDRESS": "127.0.0.1:0",
    # What the user's shell sets for services of their own is not meant for a job.
    **{f"HEAPWISE_AGENT_{name}": "" for name in ("GROUP", "TOKEN", "UNIX_SOCKET")},
}

_NOTHING_YET = Counters(total_alloc=0, mallocs=0, frees=0, num_gc=0, num_forced_gc=0)


def _with_agent(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables, and those that start every Python of the command with the agent in it."""
    spec = find_spec("heapwise_agent")
    if spec is None or spec.origin is None:
        return dict(environment)
    bootstrap = str(Path(spec.origin).parent / "bootstrap")
    given = environment.get("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    return {
        **_AGENT,
        **environment,
        "PYTHONPATH": os.pathsep.join(filter(None, (bootstrap, given))),
    }


def _await(request: RunRequest, channel: Channel, program: Service) -> Found:
    """Wait until the program can be measured.

    Raises:
        ServiceError: it ended before that, or listens nowhere.
    """
    endpoint = Endpoint.parse(request.service or FALLBACK, request.access)
    while True:
        channel.listen(_LISTEN_S)
        if channel.url:
            return find_service(_own(channel.url), (), request.access)
        if not program.alive():
            raise ServiceError(
                f"{program.command[0]} {_how(program.exit_code or 0)} before it could be measured",
                program.last_lines(),
                _WHY_NOT,
            )
        if local.listener(endpoint) in program.family():
            return find_service(endpoint.origin, (), request.access)


def _own(url: str) -> str:
    """An address that the program told; only ours are asked.

    Raises:
        ServiceError: it is none of this machine's loopback.
    """
    endpoint = Endpoint.parse(url)
    if endpoint.host not in {"127.0.0.1", "localhost", "::1"}:
        raise ServiceError(
            f"the job says that it is measured at {url[:100]!r}", "that is not on the loopback"
        )
    return endpoint.origin


def _how(code: int) -> str:
    """How a program ended, in words."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
