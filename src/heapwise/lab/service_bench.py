"""A service on the bench: started, driven with load, asked for its own counts, ended."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from heapwise.errors import ServiceError
from heapwise.lab.bench import Notify, Trial
from heapwise.lab.checks import check_run
from heapwise.lab.count_checks import check_counts
from heapwise.lab.counter import Counts, Witness, read_counts
from heapwise.lab.explain import explained
from heapwise.lab.library import Case
from heapwise.lab.oracles import Seen
from heapwise.lab.ports import free_ports, in_use
from heapwise.lab.prepare import Prepared
from heapwise.lab.spec import Scale, ServiceLab
from heapwise.lab.words import filled, names
from heapwise.load.address import pin_addresses
from heapwise.load.choose import engine_for
from heapwise.model.load import ConstantRate, Plan, Target
from heapwise.record.session import Progress, RunRequest, record_run
from heapwise.record.store import response_bodies
from heapwise.runtimes.fetch import Endpoint
from heapwise.units import format_duration, format_rate

_TRIES = 3
"""Ports to try: one that was free may be taken before the service has it."""


class ServiceBench:
    """Runs the variants of a lab whose program is a service.

    Args:
        case: the lab.
        lab: its spec.
        prepared: the words that start each variant, and its sources.
        scale: how much load each gets.
        places: what stands for the names of components.
        announce: told where a port was taken and another is tried.
    """

    def __init__(
        self,
        case: Case,
        lab: ServiceLab,
        prepared: Prepared,
        scale: Scale,
        places: Mapping[str, str],
        announce: Callable[[str], None],
    ) -> None:
        self._directory = case.directory
        self._lab = lab
        self._prepared = prepared
        self._scale = scale
        self._places = places
        self._announce = announce

    @property
    def told(self) -> str:
        """The load in a line."""
        rate = format_rate(float(self._scale.per_second))
        return f"{self._lab.load.target} at {rate} for {format_duration(self._scale.duration_ns)}"

    def record(self, name: str, path: Path, *, force: bool, notify: Notify) -> Trial:
        """Start the variant, drive and record it, end it, and analyse what was recorded."""
        for left in reversed(range(_TRIES)):
            own, debug = free_ports(2)
            try:
                return self._record_at(own, debug, name, path, force=force, notify=notify)
            except ServiceError:
                if not left or not (in_use(own) or in_use(debug)):
                    raise
                port = own if in_use(own) else debug
                self._announce(f"port {port} is in use by another program; choosing another")
        raise AssertionError  # the last try returns or raises

    def _record_at(
        self, own: int, debug: int, name: str, path: Path, *, force: bool, notify: Notify
    ) -> Trial:
        words = (
            *self._prepared.starts[name],
            *self._lab.service.args,
            *self._lab.variants[name].args,
        )
        ports = {"port": str(own), "debug_port": str(debug)}
        api = _loopback(own)
        witness = Witness(lambda: self._counts(api))

        def listen(progress: Progress) -> None:
            witness.see(progress)
            notify(name, progress)

        request = RunRequest(
            plan=self._plan(api),
            exec_command=shlex.join(filled(words, {**self._places, **ports})),
            output=path,
            force=force,
            service=(_loopback(debug) if names(words, "debug_port") else api).url,
        )
        record_run(request, notify=listen)
        report = explained(name, path, self._prepared.sources[name])
        wire = {value.metric: value.value for value in report.metrics}.get("response.bytes/work")
        return Trial(
            name=name,
            recording=path,
            report=report,
            seen=Seen(bodies=response_bodies(path), wire_bytes=wire),
            checks=(*check_run(report), *check_counts(report, witness.counted)),
            counted=witness.counted,
        )

    def _plan(self, api: Endpoint) -> Plan:
        """The load, aimed at a service."""
        spec = self._lab.load
        method, path = spec.target.split(" ", 1)
        headers = (header.partition(":") for header in spec.headers)
        target = Target(
            method=method,
            url=f"{api.origin}{path}",
            headers=tuple((name, value.strip()) for name, _, value in headers),
            body=(self._directory / spec.body).read_bytes() if spec.body else b"",
            body_file=spec.body,
        )
        plan = Plan(
            targets=(target,),
            addresses=pin_addresses((target,), allow_remote=False),
            schedule=ConstantRate.of(self._scale.per_second, self._scale.duration_ns),
            warmup_ns=self._scale.warmup_ns,
            save_bodies=spec.save_bodies,
            seed=self._lab.seed,
        )
        return msgspec.structs.replace(plan, engine=engine_for(plan))

    def _counts(self, api: Endpoint) -> Counts | None:
        try:
            return read_counts(api, self._lab.service.counter)
        except ServiceError:
            return None  # the check that needs it says so


def _loopback(port: int) -> Endpoint:
    return Endpoint.parse(f"http://127.0.0.1:{port}")
