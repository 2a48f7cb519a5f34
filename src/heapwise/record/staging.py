"""Brings up what a run stands on: the service, and the recording that describes it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from heapwise import __version__
from heapwise.model.recording import FORMAT, ClockPair, Manifest, ServiceInfo
from heapwise.record.files import STDOUT
from heapwise.record.job_channel import Channel
from heapwise.record.job_output import Output
from heapwise.record.machine import this_machine
from heapwise.record.preflight import FALLBACK, Found, origin
from heapwise.record.redact import redact, redact_argv
from heapwise.record.request import Notify, Progress, RunRequest
from heapwise.record.store import RecordingWriter
from heapwise.record.supervise import Service
from heapwise.runtimes.fetch import Endpoint
from heapwise.runtimes.registry import SETTINGS


class Staging:
    """Brings up what a run stands on: the service, and the recording that describes it."""

    def __init__(self, request: RunRequest, zero: ClockPair) -> None:
        self.request = request
        self.zero = zero
        # Beside the recording, so that it can be renamed into it; a name nobody else has.
        name = f"{request.output.name}.{secrets.token_hex(4)}.stderr"
        self._stderr = request.output.with_name(name)
        self._stdout = self._stderr.with_suffix(".stdout")

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

    @contextmanager
    def started_job(
        self, channel: Channel, environment: Mapping[str, str], *, echo: bool
    ) -> Iterator[Service]:
        """Start a program that runs to its end, and end what is left of it afterwards."""
        command = self.request.exec_command or ""
        try:
            with (
                Output(self._stdout, echo=echo) as output,
                Service.start(
                    command,
                    stderr=self._stderr,
                    env_extra={**environment, **channel.environment},
                    stdout=output.writes,
                    inherited=(channel.number,),
                ) as program,
            ):
                channel.handed_over()
                output.handed_over()
                yield program
        finally:
            self._stderr.unlink(missing_ok=True)
            self._stdout.unlink(missing_ok=True)

    def _await_ports(self, service: Service) -> None:
        """Wait for where the load goes, and for the debug endpoint where it is known."""
        origins = sorted(set(map(origin, self.request.targets)))
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
            bodies=[target.body or None for target in self.request.targets],
            force=self.request.force,
        )
        with writer:
            if service is not None:
                service.keep_output(writer.stderr_path)
            if self._stdout.exists():
                self._stdout.rename(writer.path / STDOUT)
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
            job=request.job,
        )


def _meant_for(runtime: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that a runtime reads: what we start gets Go's GODEBUG, whatever it is."""
    names = SETTINGS.get(runtime, frozenset())
    return {name: value for name, value in settings.items() if name in names}
