"""What a run tells beside its totals: slow hits, a bottleneck, a trace, and rounds of two sides.

The figures are of the shape that a service with a large live heap gives at 1000 req/s.
"""

from __future__ import annotations

import random

from msgspec.structs import replace

from heapwise.model.comparison import Comparison, ComparisonRow, Estimate, PathChange, Role, Verdict
from heapwise.model.exectrace import TraceDamage
from heapwise.model.gc_timeline import Assist, Collection, GcSource, GcTimeline, Stop
from heapwise.model.metrics import CATALOGUE
from heapwise.model.quantiles import Percentiles
from heapwise.model.report import Bands, RunReport, Series
from heapwise.model.tail import (
    Blame,
    Bottleneck,
    BottleneckClass,
    Bound,
    Cause,
    CauseTest,
    SlowHits,
    TailAttribution,
)
from heapwise.model.trace import Spread, TraceSummary
from support import reports
from support.reports import MIB, MS, SECONDS


def explained() -> RunReport:
    """The run before, with everything that explains its tail."""
    report = reports.before()
    dice = random.Random(5)  # noqa: S311 - curves, not secrets
    starts = sorted(dice.uniform(0, SECONDS) for _ in range(60))
    ends = [
        min(start + dice.uniform(0.02, 0.12), nxt)
        for start, nxt in zip(starts, [*starts[1:], 99.0], strict=True)
    ]
    inside = [start + 0.01 for start in starts[::2]]
    outside = [dice.uniform(0, SECONDS) for _ in range(9)]
    timeline = replace(
        report.timeline,
        bands=(
            Bands("GC mark", tuple(starts), tuple(ends)),
            Bands("assist", tuple(starts[::3]), tuple(start + 0.004 for start in starts[::3])),
            Bands("stop-the-world", tuple(starts), tuple(start + 0.0002 for start in starts)),
        ),
        slow=(
            _dots("slow, GC active", inside, dice),
            _dots("slow, no GC", sorted(outside), dice),
        ),
    )
    return replace(report, timeline=timeline, tail=tail(), bottleneck=bottleneck(), trace=trace())


def _dots(name: str, at: list[float], dice: random.Random) -> Series:
    return Series(name, "ns", tuple(at), tuple(dice.uniform(60, 140) * MS for _ in at))


def tail() -> TailAttribution:
    """The collector is to blame for p99, and nothing can be said of p99.9."""
    latency = Percentiles(
        20_000, 7.4 * MS, 5.3 * MS, 19.7 * MS, 28.4 * MS, 48.6 * MS, 105 * MS, 143 * MS
    )
    assist = CauseTest(
        cause=Cause.ASSIST, blame=Blame.BLAMED, touched=171, expected=61.5, active_share=0.021,
        p=0.001, held_ns=31 * MS, without=replace(latency, p99=9.1 * MS, max=60 * MS),
        why="held 64 % of what was above the median",
    )  # fmt: skip
    steal = CauseTest(
        cause=Cause.STEAL, blame=Blame.CLEARED, touched=3, expected=4.2, active_share=0.01, p=0.7
    )
    unknown = CauseTest(
        cause=Cause.THROTTLE, blame=Blame.UNKNOWN, touched=0, expected=0, active_share=0, p=None,
        why="the service runs in no cgroup with a quota",
    )  # fmt: skip
    return TailAttribution(
        hits=20_000,
        latency=latency,
        groups=(
            SlowHits(
                name="p99", threshold_ns=48_600_000, slow=200, causes=(assist, steal, unknown),
                sentence="171 of 200 overlap a mark assist; 62 would by chance",
            ),
            SlowHits(
                name="p99.9", threshold_ns=105_000_000, slow=20,
                causes=(replace(assist, blame=Blame.UNDECIDED, without=None),),
                sentence="too few to tell",
            ),
        ),
        gc_source=GcSource.GCTRACE.value,
        gc_coverage=0.98,
        notes=("assists are known per cycle, not per request",),
    )  # fmt: skip


def bottleneck() -> Bottleneck:
    """Two thirds of the CPU go to allocating and collecting."""
    return Bottleneck(
        kind=BottleneckClass.GC,
        why=("allocation and collection take 61 % of the CPU samples",),
        cpu_share=0.93,
        shares={"allocation": 0.4, "GC": 0.21, "user": 0.39},
        bounds=(Bound(name=reports.OWNER, share=0.445, at_most=1.8),),
    )


def trace() -> TraceSummary:
    """Two collections, a stop that is nobody's, and one assist that hurt."""
    assist = Spread(
        name="net/http.(*conn).serve", count=389, total_ns=164 * MS, p50_ns=210_000,
        p99_ns=5_500_000, max_ns=6_200_000,
    )  # fmt: skip
    gc = GcTimeline(
        source=GcSource.TRACE, clock="trace", uncertainty_ns=0, begin_ns=0, end_ns=9 * MS,
        happened=2, coverage=1.0,
        collections=tuple(
            Collection(number=number, start_ns=number * MS, end_ns=number * MS + 500_000)
            for number in (1, 2)
        ),
        stops=(Stop(start_ns=1 * MS, end_ns=1 * MS + 20_000, reason="mark termination"),),
        assists=(Assist(1 * MS, 2 * MS, 17, "net/http.(*conn).serve"),),
    )  # fmt: skip
    return TraceSummary(
        version="go 1.26", size=8 * MIB, events=1_760_000, duration_ns=10_000 * MS, gc=gc,
        damage=TraceDamage(8 * MIB, "the file ends in the middle of a batch"),
        harm=("389 mark assists took 164 ms, the longest 6.20 ms",),
        assists=(assist,), stops=(replace(assist, name="GC mark termination"),),
        blocked=(replace(assist, name="network"),), marking_share=0.021,
    )  # fmt: skip


def rounds() -> Comparison:
    """Six rounds of each side: bytes fell, latency is not known, the response is the same."""
    dice = random.Random(7)  # noqa: S311 - figures, not secrets
    return Comparison(
        before="base",
        after="new",
        work_unit="req",
        rows=tuple(_row(ident, dice) for ident in CATALOGUE if ident in reports.BEFORE),
        rounds=(6, 6),
        min_effect=0.02,
        sentence="Better: 99.6 % fewer bytes per request; the response is the same.",
        paths=(
            PathChange(
                path=reports.WRITE_PATH, before=716_000, after=66, low=-720_000, high=-710_000,
                p=0.002, q=0.004, changed=True,
            ),
            PathChange(
                path=reports.JSON_PATH, before=2_450, after=2_900, low=-100, high=1_000, p=0.2,
                q=0.3, changed=False,
            ),
        ),
        how=("6 rounds of each, ABBA", "20 s at 1,000/s"),
    )  # fmt: skip


def _row(ident: str, dice: random.Random) -> ComparisonRow:
    metric = CATALOGUE[ident]
    before, after = reports.BEFORE[ident], reports.AFTER[ident]
    guard = ident == "response.bytes/work"
    return ComparisonRow(
        metric=ident,
        name=metric.name("req"),
        unit=metric.unit,
        before=before,
        after=after,
        delta=(after - before) / before if before else None,
        verdict=Verdict.SAME if guard else Verdict.BETTER if before > after else Verdict.UNDECIDED,
        role=Role.GUARD if guard else Role.PRIMARY if ident == "bytes/work" else Role.OTHER,
        base=_estimate(before, dice),
        new=_estimate(after, dice),
        delta_low=-0.999,
        delta_high=float("inf") if ident == "latency.max" else -0.9,
        p=0.0022,
        p_adjusted=0.011 if ident == "bytes/work" else None,
    )


def _estimate(value: float, dice: random.Random) -> Estimate:
    values = tuple(value * dice.uniform(0.97, 1.03) for _ in range(6))
    return Estimate(
        median=value, low=min(values), high=max(values), confidence=0.969, values=values
    )
