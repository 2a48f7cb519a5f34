"""Slow hits joined with everything that could have held them up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heapwise.analysis.tail.counterfactual import ASSUMPTION
from heapwise.analysis.tail.intervals import Intervals, groups
from heapwise.analysis.tail.measured import MeasuredTime, counted, measured_time
from heapwise.analysis.tail.neighbours import neighbours
from heapwise.analysis.tail.permutation import Sample
from heapwise.analysis.tail.sentences import sentence
from heapwise.analysis.tail.suspects import suspects
from heapwise.analysis.tail.trial import Trial
from heapwise.model.gc_timeline import GcSource, GcTimeline
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import Recording
from heapwise.model.tail import Blame, Cause, SlowHits, TailAttribution
from heapwise.units import format_duration, how_many


def attribute_tail(recording: Recording, timeline: GcTimeline | None) -> TailAttribution:
    """Find what held the slow requests of a run up.

    Deterministic: what is drawn at random is seeded by the run's id.

    Args:
        recording: the run; its hits, its readings of the machine, its runtime.
        timeline: its collections on the run's clock. Where it covers a part of the run only, hits
            outside that part are not looked at. None leaves the collector unjudged.
    """
    time = measured_time(recording, timeline)
    hits = Intervals.of(counted(recording, timeline), time)
    refused = _refused(recording, timeline, hits, time)
    judged = () if refused else _judge(recording, timeline, hits, time)
    return TailAttribution(
        hits=len(hits),
        latency=Percentiles.of(hits.latency),
        groups=judged,
        gc_source=timeline.source.value if timeline else "",
        gc_coverage=timeline.coverage if timeline else 0.0,
        refused=refused,
        notes=tuple(_notes(recording, timeline, hits, judged)) if judged else (),
    )


def _judge(
    recording: Recording, timeline: GcTimeline | None, hits: Intervals, time: MeasuredTime
) -> tuple[SlowHits, ...]:
    """Each group of slow hits, the largest first: what it proves need not be proven again."""
    found, run_id = suspects(recording, timeline, hits, time), recording.manifest.run_id
    shared = neighbours(recording, time)
    judged: list[SlowHits] = []
    guilty: set[Cause] = set()
    for group in groups(hits):
        rows = group.rows
        sample = Sample.of(
            rows,
            hits.begins[rows],
            hits.lengths[rows],
            hits.excess()[rows],
            time.length,
            f"{run_id} {group.name}",
        )
        trial = Trial(hits, group, sample, found, timeline, shared, run_id)
        tests = trial.tests(guilty)
        guilty |= {test.cause for test in tests if test.blame is Blame.BLAMED}
        judged.append(
            SlowHits(
                name=group.name,
                threshold_ns=group.threshold_ns,
                slow=len(rows),
                causes=tests,
                sentence=sentence(group.name, len(rows), tests),
            )
        )
    return tuple(judged)


def _notes(
    recording: Recording,
    timeline: GcTimeline | None,
    hits: Intervals,
    judged: Sequence[SlowHits],
) -> Iterable[str]:
    """What limits the answer."""
    if timeline is not None:
        left = len(counted(recording, None)) - len(hits)
        if timeline.source is GcSource.TRACE:
            yield "The hits are those of the execution trace, which count in no figure."
        elif left > 0:
            yield (
                f"Not looked at: {how_many(left, 'hit')} outside the time that the "
                f"{timeline.source} covers."
            )
        if timeline.source is GcSource.GCTRACE:
            yield (
                "A gctrace tells how much assist a cycle had, not when: a hit counts as held up by "
                "it while the cycle marked, for no longer than all its assists together."
            )
    if any(test.without is not None for group in judged for test in group.causes):
        yield ASSUMPTION


def _refused(
    recording: Recording, timeline: GcTimeline | None, hits: Intervals, time: MeasuredTime
) -> str:
    """Why nothing can be attributed; empty where it can."""
    if not len(recording.hits):
        return "nobody's requests were recorded: heapwise did not make the load"
    if not len(hits) or time.length <= 0:
        return "no hit began and ended within the time that is known"
    slow = groups(hits)
    if not slow:
        return "no hit took longer than the others"
    if timeline is None or not timeline.collections:
        return ""
    slowest = max(float(hits.excess()[group.rows].max()) for group in slow)
    if timeline.uncertainty_ns > slowest:
        return (
            f"the clocks of the collections ({timeline.source}) and of the hits agree to "
            f"{format_duration(timeline.uncertainty_ns)} only, and no hit took more than "
            f"{format_duration(slowest)} longer than the median"
        )
    return ""
