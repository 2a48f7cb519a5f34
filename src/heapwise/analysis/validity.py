"""What spoils or limits a run's figures, each problem with the figures that it touches.

Hits that got no answer leave a gap in latency and in cost alike; counters that contradict each
other spoil what is counted and not what a clock measured. The load generator's own faults are
judged where its stamps are understood, in `heapwise.load.metrics`.
"""

from __future__ import annotations

from collections.abc import Iterable

from heapwise.analysis.process import drifted, fault_drift
from heapwise.analysis.windows import length_ns, restarted_ns
from heapwise.model.gc import GcSummary
from heapwise.model.load import LoadReport, LoadResult, Outcome
from heapwise.model.recording import Fence, Problem, Recording, Scope, State, Window
from heapwise.units import NS_PER_S, format_count, format_duration, format_share

FAILED_SHARE = 0.01
"""Most hits that may fail before the figures are about failing."""

ERROR_STATUS_SHARE = 0.5
"""With more error responses than this a run measures the error path."""


def find_problems(
    recording: Recording,
    windows: tuple[Window, ...],
    load: LoadResult | None,
    gc: GcSummary | None,
) -> tuple[Problem, ...]:
    """Everything that is wrong with a run, what was noted while recording it included.

    Args:
        recording: the run.
        windows: its windows, settled.
        load: what the load generator did.
        gc: what the collector did.
    """
    return (
        *recording.problems,
        *_ending(recording, windows),
        *_restarts(recording),
        *_contradictions(recording),
        *_profiles(recording),
        *(_failures(load.total) if load else ()),
        *(_collector(recording, windows, gc) if gc else ()),
        *_faults(recording, windows),
    )


def _ending(recording: Recording, windows: tuple[Window, ...]) -> Iterable[Problem]:
    if recording.state is State.INTERRUPTED:
        yield Problem(
            scope=Scope.NONE,
            what=f"the run was interrupted{_planned(recording, windows)}; "
            "the figures are of what was recorded until then",
            remedy="let the run finish for the whole picture",
        )
    if not windows:
        yield Problem(
            scope=Scope.NONE,
            what="the counters were not read twice: nothing is known about allocation",
            remedy="record for longer",
        )
    for recorded in recording.windows:
        ends = [end for end in windows if end.before == recorded.before and end.after]
        if recorded.after is None and ends:
            yield Problem(
                scope=Scope.NONE,
                what=f"window {recorded.name!r} has no second fence: its exact figures end at the "
                f"last reading, {format_duration(length_ns(ends))} into the load, and no profile "
                "tells who allocated",
            )


def _planned(recording: Recording, windows: tuple[Window, ...]) -> str:
    plan = recording.manifest.plan
    if plan is None or not windows:
        return ""
    done, planned = length_ns(windows), plan.schedule.duration_ns * max(1, len(recording.windows))
    if done >= planned:
        return " after its last window"
    return f" after {format_duration(done)} of {format_duration(planned)}"


def _restarts(recording: Recording) -> Iterable[Problem]:
    if any(event.kind == "service-restarted" for event in recording.events):
        return  # noted as a problem when it was seen
    for window in recording.windows:
        restart = restarted_ns(window, recording.memory)
        if restart is not None:
            into = (restart - window.before.at_ns) / NS_PER_S
            yield Problem(
                scope=Scope.ALL,
                what=f"the service restarted at most {into:.1f} s into window {window.name!r}: its "
                "counters went backwards, and the figures end before that",
                remedy="find out in the service's own log why it ended, then record again",
            )


def _contradictions(recording: Recording) -> Iterable[Problem]:
    texts = [
        str(event.fields.get("text", "no details"))
        for event in recording.events
        if event.kind == "contradiction"
    ]
    for scope in (Scope.ALLOCATION, Scope.GC) if texts else ():
        yield Problem(
            scope=scope,
            what=f"the runtime's counters contradict each other: {'; '.join(texts)}",
            remedy="check that nothing between here and the service changes its answers",
        )


def _profiles(recording: Recording) -> Iterable[Problem]:
    for window in recording.windows:
        fences = [("before", window.before)] if not window.before.birth else []
        if window.after is not None:
            fences.append(("after", window.after))
        for side, fence in fences:
            if fence.profile not in recording.profiles:
                yield Problem(
                    scope=Scope.NONE,
                    what=f"no heap profile {side} window {window.name!r}: who allocated is unknown",
                )
            elif not fence.forced and not _at_work(recording, fence):
                yield Problem(
                    scope=Scope.NONE,
                    what=f"the collections forced {side} window {window.name!r} were not seen to "
                    "happen: its heap profile may lack the last cycles",
                )


def _at_work(recording: Recording, fence: Fence) -> bool:
    """True for a fence in the middle of a job's work, at which nothing was forced."""
    return recording.manifest.job and fence.calibration is None


def _failures(total: LoadReport) -> Iterable[Problem]:
    never = total.errors.get(Outcome.NEVER_SENT.label, 0)
    failed = {name: count for name, count in total.errors.items() if count} | {
        Outcome.NEVER_SENT.label: 0
    }
    lost = sum(total.errors.values()) - never
    if total.sent and lost / total.sent > FAILED_SHARE:
        yield Problem(
            scope=Scope.ALL,
            what=f"{format_share(lost / total.sent)} of the hits got no complete response "
            f"({_counts(failed)}): what they cost and how long they would have taken is unknown",
            remedy="see the service's own log, or lower the rate",
        )
    errors = {code: count for code, count in total.statuses.items() if not "200" <= code < "400"}
    share = sum(errors.values()) / total.sent if total.sent else 0.0
    if share > FAILED_SHARE:
        yield Problem(
            scope=Scope.ALL if share > ERROR_STATUS_SHARE else Scope.NONE,
            what=f"{format_share(share)} of the responses are errors ({_counts(errors)}): "
            "the figures include what errors cost",
            remedy="check the target: method, path, headers and body",
        )


def _collector(
    recording: Recording, windows: tuple[Window, ...], gc: GcSummary
) -> Iterable[Problem]:
    if gc.coverage < 1:
        yield Problem(
            scope=Scope.NONE,
            what=f"{format_count(gc.seen)} of {format_count(gc.cycles)} GC pauses were seen "
            f"({gc.source})",
            remedy="read more often with -interval, or let heapwise start the service with --exec",
        )
    last = windows[-1].after if windows else None
    if gc.cpu_share is None and last is not None and last.counters.gc_cpu_ppb >= 0:
        share = format_share(last.counters.gc_cpu_ppb / 1e9)
        yield Problem(
            scope=Scope.NONE,
            what="GC CPU share of the run unknown: without gctrace only that since the service "
            f"started, {share}",
            remedy="let heapwise start the service with --exec" if not recording.cycles else "",
        )


def _faults(recording: Recording, windows: tuple[Window, ...]) -> Iterable[Problem]:
    factor = fault_drift(recording.process, windows)
    if factor is not None and drifted(factor):
        yield Problem(
            scope=Scope.NONE,
            what=f"one half of the run had {factor:.1f} times the minor page faults of the other: "
            "the service had not settled",
            remedy="warm up for longer with -warmup",
        )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {format_count(count)}" for name, count in counts.items() if count)
