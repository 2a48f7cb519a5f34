"""What the hits of a run add up to, and whether the latencies among it can be trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from heapwise.model.load import (
    HitFlag,
    Hits,
    LoadReport,
    LoadResult,
    Outcome,
    Plan,
)
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import Problem, Scope
from heapwise.units import NS_PER_S, format_duration, format_share

LAG_SHARE = 0.10
"""Share of the latency's p99 that the generator's own delay may reach."""

LAG_FLOOR_NS = 1_000_000
"""Delay of the generator that is never held against it: no pacer does better everywhere."""

SENT_SHARE = 0.999
"""Share of the scheduled hits that must have been sent."""


def summarise(hits: Hits, plan: Plan) -> LoadResult:
    """The total and one report per target of the plan.

    Warm-up hits are left out. A hit that failed counts in the latencies with the time it took to
    fail: dropping the timeouts would make a service look better the worse it is. One that was
    never sent has no latency, and counts as scheduled if it was due before the last hit was
    sent; later ones are a schedule that the user cut short, which is no fault of anybody's.

    Args:
        hits: of one run, in any order.
        plan: whose targets the hits name.
    """
    counted = hits.select((hits.flags & HitFlag.WARMUP) == 0)
    if len(counted):
        counted = counted.select((counted.sent >= 0) | (counted.intended <= counted.sent.max()))
    rate = float(plan.schedule.rate)
    per_target = []
    for index, target in enumerate(plan.targets):
        own = counted.select(counted.target == index)
        share = 1.0 if plan.apart else len(own) / max(1, len(counted))
        per_target.append(_report(f"{target.method} {target.url}", own, rate * share))
    return LoadResult(_report("all", counted, rate, _stretches(counted, plan)), tuple(per_target))


def validity(result: LoadResult) -> tuple[Problem, ...]:
    """What makes the latencies of a run worthless; nothing else is judged here."""
    total = result.total
    found = []
    if total.lag and total.latency:
        allowed = max(LAG_SHARE * total.latency.p99, LAG_FLOOR_NS)
        if total.lag.p99 > allowed:
            found.append(
                _latency_problem(
                    f"the generator was late by {format_duration(total.lag.p99)} (p99), more "
                    f"than {format_duration(allowed)}",
                    "lower the rate, or give the generator a CPU the service does not use",
                )
            )
    if total.sent < SENT_SHARE * total.scheduled:
        found.append(
            _latency_problem(
                f"{total.sent:,} of {total.scheduled:,} requests were sent "
                f"({format_share(total.sent / total.scheduled)})",
                "lower the rate or allow more connections",
            )
        )
    if total.generator_errors:
        found.append(
            _latency_problem(
                f"{total.generator_errors:,} requests failed for want of file descriptors or "
                "local ports in the generator",
                "raise `ulimit -n`, set -max-connections, or leave -keepalive on",
            )
        )
    return tuple(found)


def _latency_problem(what: str, remedy: str) -> Problem:
    return Problem(scope=Scope.LATENCY, what=what, remedy=remedy)


def _stretches(hits: Hits, plan: Plan) -> tuple[Hits, ...]:
    """Hits that were driven without a pause: between targets driven apart lie fences."""
    if not plan.apart:
        return (hits,)
    return tuple(hits.select(hits.target == index) for index in range(len(plan.targets)))


def _report(
    name: str, hits: Hits, asked_rate: float, stretches: tuple[Hits, ...] = ()
) -> LoadReport:
    stretches = stretches or (hits,)
    sent = hits.select(hits.sent >= 0)
    ended = sent.select(sent.done >= 0)
    succeeded = int(
        np.count_nonzero((hits.outcome == Outcome.OK) & (hits.status >= 200) & (hits.status < 400))
    )
    errors = _counts(hits.outcome[hits.outcome != Outcome.OK])
    span = sum(_span_ns(stretch) for stretch in stretches)
    return LoadReport(
        target=name,
        scheduled=len(hits),
        sent=len(sent),
        succeeded=succeeded,
        statuses={str(code): n for code, n in _counts(hits.status[hits.status > 0]).items()},
        errors={Outcome(code).label: n for code, n in errors.items()},
        generator_errors=sum(n for code, n in errors.items() if Outcome(code).generators_fault),
        bytes_in=int(hits.bytes_in.sum()),
        bytes_out=int(hits.bytes_out.sum()),
        span_ns=span,
        asked_rate=asked_rate,
        achieved_rate=_rate([stretch.sent[stretch.sent >= 0] for stretch in stretches]),
        throughput=succeeded * NS_PER_S / span if span else 0.0,
        latency=Percentiles.of(ended.done - ended.intended),
        service=Percentiles.of(ended.done - ended.sent),
        lag=Percentiles.of(sent.sent - sent.ready),
        slot_wait=Percentiles.of(sent.ready - sent.intended),
        waited=int(np.count_nonzero(hits.flags & HitFlag.WAITED)),
    )


def _counts(codes: Int64s) -> dict[int, int]:
    return dict(sorted(Counter(codes.tolist()).items()))


def _span_ns(hits: Hits) -> int:
    """From the first hit due to the last one ended."""
    done = hits.done[hits.done >= 0]
    return int(done.max() - hits.intended.min()) if len(done) else 0


def _rate(stretches: Sequence[Int64s]) -> float:
    """Hits per second from the first to the last: n hits make n - 1 gaps."""
    sent = [stretch for stretch in stretches if len(stretch) > 1]
    gaps = sum(len(stretch) - 1 for stretch in sent)
    return gaps * NS_PER_S / max(1, sum(int(np.ptp(stretch)) for stretch in sent))
