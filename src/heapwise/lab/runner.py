"""Runs a lab: build, start what runs beside it, record each variant, compare, check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from heapwise.errors import RecordingError, UsageError
from heapwise.lab.bench import Bench
from heapwise.lab.beside import beside, workplace
from heapwise.lab.climb import Climb
from heapwise.lab.inputs import input_of
from heapwise.lab.interrupt import ended_in_order
from heapwise.lab.job_bench import JobBench
from heapwise.lab.library import Case
from heapwise.lab.prepare import Prepared, prepare
from heapwise.lab.room import must_fit, scale_of
from heapwise.lab.service_bench import ServiceBench
from heapwise.lab.spec import Amount, JobLab, Scale, ServiceLab
from heapwise.model.lab import LabResult, VariantResult
from heapwise.record.session import Progress

ROUNDS = "rounds"
"""Where recordings after the first round lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRequest:
    """What the user asked for.

    Attributes:
        variants: keys of the lab's variants, in the order of its ladder; what is compared is
            compared with `before`, if it is there.
        scale: how much each gets: load of a service, work of a job.
        out_dir: takes a recording per variant, ``before.hw``.
        force: replace recordings that are there.
        require_real: take no stand-in for a component.
        rounds: how often each variant runs, in turns; verdicts on times need several.
    """

    variants: tuple[str, ...]
    scale: Scale | Amount
    out_dir: Path
    force: bool = False
    require_real: bool = False
    rounds: int = 1


class Audience(Protocol):
    """Whoever watches a lab run."""

    def announce(self, text: str) -> None:
        """Told of what takes long, and of what was chosen."""
        ...

    def see(self, variant: str, progress: Progress) -> None:
        """Told of every step of every run."""
        ...

    def climbed(self, result: VariantResult) -> None:
        """Told of every variant that has ended."""
        ...


def run_lab(case: Case, request: LabRequest, audience: Audience) -> LabResult:
    """Run variants of a lab one after another and check what they must show.

    Raises:
        UsageError: there is not enough disk or memory for the scale.
        ToolchainError: a variant does not build, or what runs it or beside it is not there.
        ServiceError: a variant does not start or cannot be measured.
        RecordingError: the directory cannot be made.
        Interrupted: stopped by the user; what was recorded is kept.
    """
    if isinstance(case.lab, JobLab) and isinstance(request.scale, Amount):
        must_fit(case.lab, request.variants, request.scale.scale)
    prepared = prepare(case, request.variants, announce=audience.announce)
    try:
        for path, _ in turns(request):
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"cannot write {request.out_dir}"
        raise RecordingError(what, error.strerror or str(error)) from None
    with (
        ended_in_order(),
        workplace(case.name) as directory,
        beside(
            case, directory, require_real=request.require_real, announce=audience.announce
        ) as running,
    ):
        places = {name: component.place for name, component in running.items()}
        bench = bench_of(case, request, prepared, places, directory, audience)
        climb = Climb(case.lab)
        for path, name in turns(request):
            climb.take(bench.record(name, path, force=request.force, notify=audience.see))
            if path.parent == request.out_dir:
                audience.climbed(climb.judged(name))
    return LabResult(
        lab=case.name,
        title=case.lab.title,
        load=bench.told,
        toolchain=prepared.toolchain,
        variants=tuple(climb.judged(name) for name in request.variants),
        components=tuple(
            f"{name}: {component.what}, {component.kind}" for name, component in running.items()
        ),
        table=tuple(climb.article()),
    )


def bench_of(
    case: Case,
    request: LabRequest,
    prepared: Prepared,
    places: Mapping[str, str],
    directory: Path,
    audience: Audience,
) -> Bench:
    """The bench for a kind of lab; the inputs of a job are made where they were not.

    Raises:
        UsageError: the scale is of the other kind.
        ToolchainError: an input cannot be made.
    """
    match case.lab, request.scale:
        case ServiceLab() as lab, Scale() as scale:
            return ServiceBench(case, lab, prepared, scale, places, audience.announce)
        case JobLab() as lab, Amount(scale=asked):
            scales = {name: scale_of(lab, name, asked) for name in request.variants}
            inputs = {
                scale: input_of(case, lab, scale, announce=audience.announce)
                for scale in sorted(set(scales.values()))
            }
            return JobBench(lab, prepared, scales, inputs, places, directory)
        case _:
            raise UsageError(f"{case.name} has another kind of scale")


def turns(request: LabRequest) -> Iterator[tuple[Path, str]]:
    """Every run with its recording: the ladder up, and for further rounds down and up again.

    A machine that grows slower or faster meanwhile then does so to all alike.
    """
    for name in request.variants:
        yield request.out_dir / f"{name}.hw", name
    for number in range(2, request.rounds + 1):
        names = request.variants if number % 2 else reversed(request.variants)
        for name in names:
            yield request.out_dir / ROUNDS / f"{name}-{number}.hw", name
