"""Runs a lab: build, record each variant, analyse, compare, check."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from heapwise.analysis.compare import compare
from heapwise.errors import Interrupted, RecordingError, ServiceError
from heapwise.lab.checks import (
    Counted,
    check_answers,
    check_counts,
    check_findings,
    check_metrics,
    check_run,
    check_saved,
)
from heapwise.lab.counter import Counts, read_counts
from heapwise.lab.library import Case
from heapwise.lab.oracles import Seen
from heapwise.lab.prepare import prepare
from heapwise.lab.spec import Scale
from heapwise.load.address import pin_addresses
from heapwise.load.choose import engine_for
from heapwise.model.comparison import Comparison
from heapwise.model.lab import LabCheck, LabResult, VariantResult
from heapwise.model.load import ConstantRate, Plan, Target
from heapwise.model.recording import State
from heapwise.model.report import RunReport
from heapwise.record.analyse import analyse
from heapwise.record.session import Progress, RunRequest, record_run
from heapwise.record.store import load, response_bodies
from heapwise.runtimes.fetch import Endpoint
from heapwise.units import format_duration, format_rate

Notify = Callable[[str, Progress], None]
"""Told the variant and where its run stands."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One variant's run.

    Attributes:
        recording: where it lies.
        counted: the service's own counts.
    """

    name: str
    recording: Path
    report: RunReport
    seen: Seen
    counted: Counted


def run_lab(
    case: Case,
    variants: Sequence[str],
    *,
    scale: Scale,
    out_dir: Path,
    force: bool,
    announce: Callable[[str], None],
    notify: Notify,
) -> LabResult:
    """Run variants of a lab one after another and check what they must show.

    Args:
        case: the lab.
        variants: keys of its variants; what is compared is compared with `before`, if it is there.
        scale: how much load each gets.
        out_dir: takes a recording per variant, ``before.hw``.
        force: replace recordings that are there.
        announce: told of what takes long before anything runs: builds and their downloads.
        notify: told of every step of every run.

    Raises:
        ToolchainError: a variant does not build, or what runs it is not installed.
        ServiceError: a variant does not start or cannot be measured.
        RecordingError: the directory cannot be made.
        Interrupted: stopped by the user; what was recorded is kept.
    """
    prepared = prepare(case, variants, announce=announce)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(f"cannot write {out_dir}", error.strerror or str(error)) from None
    trials: dict[str, Trial] = {}
    for name in variants:
        bench = Bench(case, name, prepared.starts[name], scale)
        trials[name] = bench.record(out_dir / f"{name}.hw", force=force, notify=notify)
    return LabResult(
        lab=case.name,
        title=case.lab.title,
        load=_in_a_line(case, scale),
        toolchain=prepared.toolchain,
        variants=tuple(_judged(case, trial, trials.get("before")) for trial in trials.values()),
    )


def _in_a_line(case: Case, scale: Scale) -> str:
    rate = format_rate(float(scale.per_second))
    return f"{case.lab.load.target} at {rate} for {format_duration(scale.duration_ns)}"


class Bench:
    """One variant on the bench: how to start it, drive it and ask it."""

    def __init__(self, case: Case, name: str, start: Sequence[str], scale: Scale) -> None:
        self.case = case
        self.name = name
        self.scale = scale
        words = [*start, *case.lab.service.args, *case.lab.variants[name].args]
        own, debug = free_ports(2)
        ports = {"{port}": own, "{debug_port}": debug}
        self.api = _loopback(own)
        apart = any("{debug_port}" in word for word in words)
        self.debug = _loopback(debug) if apart else self.api
        self.command = shlex.join(_filled(word, ports) for word in words)

    def plan(self) -> Plan:
        """The load, aimed at this variant."""
        spec = self.case.lab.load
        method, path = spec.target.split(" ", 1)
        headers = (header.partition(":") for header in spec.headers)
        target = Target(
            method=method,
            url=f"{self.api.origin}{path}",
            headers=tuple((name, value.strip()) for name, _, value in headers),
            body=(self.case.directory / spec.body).read_bytes() if spec.body else b"",
            body_file=spec.body,
        )
        plan = Plan(
            targets=(target,),
            addresses=pin_addresses((target,), allow_remote=False),
            schedule=ConstantRate.of(self.scale.per_second, self.scale.duration_ns),
            warmup_ns=self.scale.warmup_ns,
            save_bodies=spec.save_bodies,
            seed=self.case.lab.seed,
        )
        return msgspec.structs.replace(plan, engine=engine_for(plan))

    def record(self, path: Path, *, force: bool, notify: Notify) -> Trial:
        """Start the variant, drive and record it, end it, and analyse what was recorded."""
        witness = Witness(self._counts)

        def listen(progress: Progress) -> None:
            witness.see(progress)
            notify(self.name, progress)

        request = RunRequest(
            plan=self.plan(), exec_command=self.command, output=path, force=force,
            service=self.debug.url,
        )  # fmt: skip
        recording = load(record_run(request, notify=listen))
        if recording.state is State.INTERRUPTED:
            raise Interrupted(
                f"stopped during {self.name}", hint=f"what was recorded is in {path.parent}"
            )
        report = analyse(recording)
        wire = {value.metric: value.value for value in report.metrics}.get("response.bytes/work")
        seen = Seen(response_bodies(path), wire)
        return Trial(self.name, path, report, seen, witness.counted)

    def _counts(self) -> Counts | None:
        try:
            return read_counts(self.api, self.case.lab.service.counter)
        except ServiceError:
            return None  # the check that needs it says so


class Witness:
    """Asks the service for its own counts at the turning points of a run.

    The run's progress tells when: with the first news of the load it is being measured and has
    answered nothing yet, at the next fence the load is over.
    """

    def __init__(self, ask: Callable[[], Counts | None]) -> None:
        self.counted = Counted()
        self._ask = ask

    def see(self, progress: Progress) -> None:
        """Read the counts where the progress is a turning point."""
        counted = self.counted
        fence = progress.step.startswith("fence")
        if progress.step == "load" and counted.start is None:
            self.counted = counted._replace(start=self._ask())
        elif fence and counted.start is not None and counted.end is None:
            self.counted = counted._replace(end=self._ask())


def _judged(case: Case, trial: Trial, before: Trial | None) -> VariantResult:
    compared = None
    if before is not None and before is not trial:
        compared = compare(before.report, trial.report)
    return VariantResult(
        name=trial.name,
        title=case.lab.variants[trial.name].title,
        recording=str(trial.recording),
        report=trial.report,
        comparison=compared,
        checks=tuple(_checks(case, trial, before, compared)),
    )


def _checks(
    case: Case, trial: Trial, before: Trial | None, compared: Comparison | None
) -> Iterator[LabCheck]:
    yield from check_run(trial.report)
    yield from check_counts(trial.report, trial.counted)
    yield from check_findings(case.lab, trial.name, trial.report)
    if before is not None and compared is not None:
        yield from check_metrics(case.lab, trial.name, compared)
        yield from check_saved(before.report, before.counted, trial.report, trial.counted)
        yield from check_answers(case.lab, trial.name, before.seen, trial.seen)


def free_ports(count: int) -> list[int]:
    """Different ports of the loopback that are free now; a service takes them a moment later."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _loopback(port: int) -> Endpoint:
    return Endpoint.parse(f"http://127.0.0.1:{port}")


def _filled(word: str, ports: Mapping[str, int]) -> str:
    for place, port in ports.items():
        word = word.replace(place, str(port))
    return word
