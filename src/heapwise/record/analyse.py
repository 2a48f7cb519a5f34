"""From a recording to a report: every analysis there is, put together.

Work is counted as the complete responses inside the windows, whatever their status. Where
somebody else makes the load nobody counted it, and costs are given per second.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import msgspec

from heapwise.analysis.bottleneck import bottleneck, measure
from heapwise.analysis.engine_share import engine_usages
from heapwise.analysis.gc_timeline import gc_timeline
from heapwise.analysis.gcstats import gc_summary
from heapwise.analysis.owners import owner_table
from heapwise.analysis.per_work import per_work
from heapwise.analysis.run_metrics import Measured, run_metrics
from heapwise.analysis.tail import attribute_tail
from heapwise.analysis.timeline import timeline
from heapwise.analysis.validity import find_problems
from heapwise.analysis.windows import length_ns, settled
from heapwise.analysis.work_done import SECOND, amount, unit_of, work_in
from heapwise.diagnose.engine import diagnose
from heapwise.errors import ProfileError
from heapwise.formats.rates import describe
from heapwise.load.metrics import summarise, validity
from heapwise.model.finding import Finding
from heapwise.model.load import LoadResult, Plan
from heapwise.model.recording import Manifest, Problem, Recording, Scope, Window
from heapwise.model.report import Endpoint, RunReport
from heapwise.model.tables import OwnerTable
from heapwise.model.trace import TraceSummary
from heapwise.model.work import PerWork, Work
from heapwise.record.recorded_profile import end_profiles, gained_between
from heapwise.units import format_duration, format_size

MS_PER_S = 1_000
NS_PER_MS = 1_000_000


def analyse(recording: Recording, *, place: str = "") -> RunReport:
    """Everything a report shows of one recording, complete or not.

    Args:
        recording: loaded.
        place: where it lies, for the command to type next; its name if left out.
    """
    manifest = recording.manifest
    windows = settled(recording)
    load = _load(recording, manifest.plan) if manifest.plan is not None else None
    gc = gc_summary(recording, *windows)
    costs = [_costs(recording, window) for window in windows]
    total = _together([cost for cost, _ in costs if cost is not None])
    # Not the share of a report's figures: that is of the CPU there was, this of the CPU used.
    known = measure(recording, windows, load, gc) if windows else None
    collecting = known.gc_share if known is not None else None
    owners, findings, unexplained = _explain(recording, windows, total, collecting)
    problems = _distinct(
        (
            *find_problems(recording, windows, load, gc),
            *(validity(load) if load is not None else ()),
            *(problem for _, limits in costs for problem in limits),
            *unexplained,
        )
    )
    collector = gc_timeline(recording, whole=True)
    measured = Measured(
        recording=recording,
        windows=windows,
        amount=amount(recording, windows),
        per_work=total,
        load=load,
        gc=gc,
        problems=problems,
    )
    return RunReport(
        name=recording.name,
        state=recording.state.value,
        service=_service_line(manifest),
        load=_load_line(manifest, windows),
        created=manifest.created,
        machine=_machine_line(manifest),
        runtime_version=manifest.service.version,
        valid=all(problem.scope is Scope.NONE for problem in problems),
        problems=problems,
        loss=recording.loss,
        work_unit=unit_of(recording, windows),
        per_work=total,
        endpoints=_endpoints(manifest.plan, windows, [cost for cost, _ in costs]),
        metrics=run_metrics(measured),
        load_result=load,
        gc=gc,
        owners=owners,
        findings=findings,
        timeline=timeline(recording, gc, collector),
        tail=attribute_tail(recording, collector) if load is not None else None,
        bottleneck=bottleneck(known) if known is not None else None,
        trace=_trace(recording),
        next_command=_next_command(place or recording.name, manifest, findings, problems),
    )


def _load(recording: Recording, plan: Plan) -> LoadResult:
    return summarise(recording.hits, plan, usages=engine_usages(recording))


def _trace(recording: Recording) -> TraceSummary | None:
    """The trace that was asked for, before those that slow hits made us take."""
    traces = sorted(recording.traces, key=lambda trace: bool(trace.capture.why))
    return traces[0].summary if traces else None


def _costs(recording: Recording, window: Window) -> tuple[PerWork | None, tuple[Problem, ...]]:
    """What a window cost per unit of work; per second where the work is unknown.

    A window's cost is worked out per millisecond where somebody else makes the load: whole seconds
    would be too coarse. Such a load does not pause for the calibration, so what a reading seems to
    cost holds the load of that time as well. Where the one is taken off, so is the other. A job
    waits for the calibration, as our own load does.
    """
    work = work_in(recording, [window])
    if recording.manifest.plan is not None or recording.manifest.job:
        return per_work(window, work)
    duration = length_ns([window])
    alone = max(0, duration - (window.readings + 1) * _reading_ns(window))
    cost, limits = per_work(window, Work("ms", alone // NS_PER_MS))
    if cost is None:
        return None, limits
    load_in_readings = (duration - alone) / max(1, alone)
    cost = msgspec.structs.replace(
        cost,
        measuring_bytes=max(0.0, cost.measuring_bytes - (cost.bytes or 0.0) * load_in_readings),
        measuring_allocs=max(0.0, cost.measuring_allocs - (cost.allocs or 0.0) * load_in_readings),
    )
    if work.unit != SECOND:
        return _scaled(cost, work, work.per(duration / NS_PER_MS) or 0.0), limits
    return _scaled(cost, work, MS_PER_S), limits


def _reading_ns(window: Window) -> int:
    """How long one reading of the calibrations took, ns."""
    fences = (window.before, window.after)
    known = [fence.calibration for fence in fences if fence is not None and fence.calibration]
    readings = sum(each.readings + 1 for each in known)  # n differences need n + 1 readings
    return sum(each.idle_ns for each in known) // max(1, readings)


def _scaled(cost: PerWork, work: Work, factor: float) -> PerWork:
    return PerWork(
        work=work,
        bytes=None if cost.bytes is None else cost.bytes * factor,
        allocs=None if cost.allocs is None else cost.allocs * factor,
        measuring_bytes=cost.measuring_bytes * factor,
        measuring_allocs=cost.measuring_allocs * factor,
    )


def _together(costs: Sequence[PerWork]) -> PerWork | None:
    """The cost over several windows: the mean, weighted by the work done in each."""
    if len(costs) < 2:
        return costs[0] if costs else None
    work = Work(costs[0].work.unit, sum(cost.work.count for cost in costs))

    def mean(values: Iterable[float | None]) -> float | None:
        pairs = zip(values, costs, strict=True)
        return work.per(sum((value or 0.0) * cost.work.count for value, cost in pairs))

    return PerWork(
        work=work,
        bytes=mean(cost.bytes for cost in costs),
        allocs=mean(cost.allocs for cost in costs),
        measuring_bytes=mean(cost.measuring_bytes for cost in costs) or 0.0,
        measuring_allocs=mean(cost.measuring_allocs for cost in costs) or 0.0,
    )


def _explain(
    recording: Recording,
    windows: Sequence[Window],
    total: PerWork | None,
    gc_share: float | None,
) -> tuple[OwnerTable | None, tuple[Finding, ...], tuple[Problem, ...]]:
    """Who allocated and why, where there is a profile at both ends."""
    ends = end_profiles(recording, windows)
    if ends is None:
        return None, (), ()
    before, after = ends
    try:
        gained = gained_between(recording, before, after)
        owners = owner_table(gained, after, total, recording.manifest.service.runtime)
        findings = diagnose(recording, gained, after, total, gc_share=gc_share)
    except ProfileError as error:
        return None, (), (Problem(scope=Scope.NONE, what=f"who allocated is unknown: {error}"),)
    return owners, findings, ()


def _endpoints(
    plan: Plan | None, windows: Sequence[Window], costs: Sequence[PerWork | None]
) -> tuple[Endpoint, ...]:
    """What each target costs, where targets were driven apart."""
    if plan is None:
        return ()
    return tuple(
        Endpoint(f"{plan.targets[window.target].method} {plan.targets[window.target].url}", cost)
        for window, cost in zip(windows, costs, strict=True)
        if cost is not None and 0 <= window.target < len(plan.targets)
    )


def _distinct(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, those that spoil figures first."""
    once = dict.fromkeys(problems)
    return tuple(sorted(once, key=lambda problem: problem.scope is Scope.NONE))


def _service_line(manifest: Manifest) -> str:
    service = manifest.service
    settings = [f"{name}={value}" for name, value in sorted(service.settings.items()) if value]
    words = [service.version or service.runtime or "unknown runtime", *settings, service.url]
    return " · ".join(words)


def _machine_line(manifest: Manifest) -> str:
    machine = manifest.machine
    return (
        f"{machine.system} {machine.architecture}, {machine.cpus} CPUs {machine.cpu_model}, "
        f"{format_size(machine.memory)}"
    )


def _load_line(manifest: Manifest, windows: Sequence[Window]) -> str:
    plan = manifest.plan
    if manifest.job:
        return f"a job that ran for {format_duration(length_ns(windows))}"
    if plan is None:
        return f"made by somebody else, recorded for {format_duration(length_ns(windows))}"
    first, *others = plan.targets
    url = urlsplit(first.url)
    target = f"{first.method} {url.scheme}://{url.netloc}{url.path}"
    more = f" and {len(others)} more" if others else ""
    length = format_duration(plan.schedule.duration_ns)
    return f"{describe(plan.schedule)} for {length} · {target}{more}"


def _next_command(
    name: str, manifest: Manifest, findings: Sequence[Finding], problems: Sequence[Problem]
) -> str:
    if any(problem.scope is Scope.ALL for problem in problems):
        return f"heapwise doctor {shlex.quote(manifest.service.url)}"
    if findings:
        return f"heapwise explain {findings[0].code}"
    return f"heapwise report {shlex.quote(name)} -type html -o {shlex.quote(_html_name(name))}"


def _html_name(name: str) -> str:
    return name.removesuffix(".hw") + ".html"
