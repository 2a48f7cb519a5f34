"""What the hits of a run add up to, and whether the latencies among it can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from heapwise.load.counts import Counts, count_targets, rate_of, together
from heapwise.load.generator import generator_of
from heapwise.load.schedule import total
from heapwise.load.spool import cut, gathered, runs_of
from heapwise.model.generator import EngineUsage, Generator
from heapwise.model.load import HitFlag, Hits, LoadReport, LoadResult, Outcome, Pacing, Plan
from heapwise.model.profile import Int64s
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import Problem, Scope
from heapwise.model.schedules import ConstantRate, Poisson, RateChange, Saturate
from heapwise.units import NS_PER_S, format_count, format_duration, format_share

LAG_SHARE = 0.10
"""Share of the latency's p99 that the generator's own delay may reach."""

LAG_FLOOR_NS = 1_000_000
"""Delay of the generator that is never held against it: no pacer does better everywhere."""

SENT_SHARE = 0.999
"""Share of the scheduled hits that must have been sent."""

BUSY_SHARE = 0.9
"""Share of a CPU from which on the generator had no time to spare."""

MOST_REPORTS = 1000
"""Targets beyond which nobody reads a table of them; the total stands alone then."""

WAITED_SHARE = 0.01
"""Share of the hits that may wait for a connection before it shows in a p99."""

_FIGURES = {
    "latency": ("intended", "done"),
    "service": ("sent", "done"),
    "lag": ("ready", "sent"),
    "slot_wait": ("intended", "ready"),
}
"""Which moments each distribution lies between."""

_TOTAL = -1
"""In place of a target's index."""


def summarise(
    hits: Hits | Iterable[Hits],
    plan: Plan,
    changes: tuple[RateChange, ...] = (),
    usages: Sequence[EngineUsage] = (),
) -> LoadResult:
    """The total and one report per target of the plan, unless these are more than `MOST_REPORTS`.

    Warm-up hits are left out. A hit that failed counts in the latencies with the time it took to
    fail: dropping the timeouts would make a service look better the worse it is. One that was
    never sent has no latency, and counts as scheduled if it was due before the last hit was
    sent; later ones are a schedule that the user cut short, which is no fault of anybody's.

    Quantiles are exact, of one distribution after another; that takes 24 bytes of memory a hit,
    and some 60 where there are several targets.

    Args:
        hits: of one run, in any order; in pieces that can be iterated again where they are many.
        plan: whose targets the hits name.
        changes: the rates that were set while it ran.
        usages: what the generator used, phase by phase.
    """
    pieces = _Counted(cut(hits) if isinstance(hits, Hits) else hits)
    told = plan.targets if len(plan.targets) <= MOST_REPORTS else ()
    counts = count_targets(pieces, by_target=plan.apart or bool(told))
    whole = together(counts.values())
    stretches = list(counts.values()) if plan.apart else [whole]
    own_times = list(counts) if told else []
    figures = {
        name: _distributions(pieces, own_times, *between) for name, between in _FIGURES.items()
    }

    def report(name: str, index: int, own: Counts, rate: float, parts: list[Counts]) -> LoadReport:
        times = {figure: found.get(index) for figure, found in figures.items()}
        return _report(name, own, rate, parts, times)

    rate = _asked_rate(stretches, plan, changes)
    per_target = []
    for index, target in enumerate(told):
        own = counts.get(index, Counts())
        share = 1.0 if plan.apart else own.due.count / max(1, whole.due.count)
        name = f"{target.method} {target.url}"
        per_target.append(report(name, index, own, rate * share, [own]))
    return LoadResult(
        report("all", _TOTAL, whole, rate, stretches),
        tuple(per_target),
        changes,
        generator_of(plan, pieces, usages),
    )


class _Counted:
    """The hits that count, in pieces, as often as wanted."""

    def __init__(self, pieces: Iterable[Hits]) -> None:
        self._pieces = pieces
        warm = (piece.sent[(piece.flags & HitFlag.WARMUP) == 0] for piece in pieces)
        self._last_sent = max((int(sent.max()) for sent in warm if len(sent)), default=-1)

    def __iter__(self) -> Iterator[Hits]:
        for piece in self._pieces:
            counts = (piece.flags & HitFlag.WARMUP) == 0
            yield piece.select(counts & ((piece.sent >= 0) | (piece.intended <= self._last_sent)))


def _distributions(
    pieces: Iterable[Hits], targets: Sequence[int], since: str, until: str
) -> dict[int, Percentiles | None]:
    """The time between two moments, of hits that were sent and have both; of all, and by target."""

    def known(piece: Hits) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        first: Int64s = getattr(piece, since)
        last: Int64s = getattr(piece, until)
        both: np.ndarray[tuple[int], np.dtype[np.bool_]] = (first != -1) & (last >= 0)
        return (piece.sent >= 0) & both  # vegeta's hits do not say when they were ready

    span = gathered(
        (getattr(piece, until) - getattr(piece, since))[known(piece)] for piece in pieces
    )
    found = {_TOTAL: Percentiles.of(span)}
    if len(targets) == 1:
        return found | {targets[0]: found[_TOTAL]}
    if targets:
        target = gathered(piece.target[known(piece)] for piece in pieces)
        order = np.argsort(target, kind="stable")
        span, target = span[order], target[order]
        found |= {index: Percentiles.of(span[where]) for index, where in runs_of(target)}
    return found


def _asked_rate(stretches: Sequence[Counts], plan: Plan, changes: tuple[RateChange, ...]) -> float:
    """What the schedule asks for in the mean: of the part that was followed, if that is less."""
    steady = isinstance(plan.schedule, ConstantRate | Poisson | Saturate)
    whole = all(stretch.due.count >= total(plan.schedule) for stretch in stretches)
    if not changes and (steady or whole):
        return float(plan.schedule.rate)
    return rate_of(stretch.due for stretch in stretches)


def _report(
    name: str,
    counts: Counts,
    asked_rate: float,
    stretches: Sequence[Counts],
    times: dict[str, Percentiles | None],
) -> LoadReport:
    errors = {Outcome(code): count for code, count in sorted(counts.errors.items())}
    span = sum(stretch.span_ns for stretch in stretches)
    return LoadReport(
        target=name,
        scheduled=counts.due.count,
        sent=counts.sent.count,
        succeeded=counts.succeeded,
        statuses={str(code): count for code, count in sorted(counts.statuses.items())},
        errors={outcome.label: count for outcome, count in errors.items()},
        generator_errors=sum(n for outcome, n in errors.items() if outcome.generators_fault),
        bytes_in=counts.bytes_in,
        bytes_out=counts.bytes_out,
        span_ns=span,
        asked_rate=asked_rate,
        achieved_rate=rate_of(stretch.sent for stretch in stretches),
        throughput=counts.succeeded * NS_PER_S / span if span else 0.0,
        waited=counts.waited,
        **times,
    )


def validity(result: LoadResult) -> tuple[Problem, ...]:
    """What makes the latencies of a run worthless; nothing else is judged here."""
    found = (
        *_late(result.total, result.generator),
        *_held(result.total, result.generator),
        *_overflowed(result.generator),
        *_unsent(result.total),
        *_starved(result.total, result.generator),
    )
    return tuple(Problem(scope=Scope.LATENCY, what=what, remedy=remedy) for what, remedy in found)


def _late(total: LoadReport, generator: Generator | None) -> Iterator[tuple[str, str]]:
    if total.lag is None or total.latency is None:
        return
    allowed = max(LAG_SHARE * total.latency.p99, LAG_FLOOR_NS)
    if total.lag.p99 <= allowed:
        return
    late = f"the generator was late by {format_duration(total.lag.p99)} (p99), more than "
    late += format_duration(allowed)
    share = generator.cpu_share if generator is not None else None
    if generator is None or share is None or share < BUSY_SHARE:
        yield late, "lower the rate, or give the generator a CPU the service does not use"
        return
    cheaper = ", or give --pacing 1ms, which takes a third of the CPU"
    may_coarsen = generator.engine == "native" and generator.pacing == Pacing.PRECISE
    yield (
        f"{late}: it used {format_share(share)} of a CPU, and has one thread to send with",
        f"lower the rate{cheaper if may_coarsen else ''}",
    )


def _held(total: LoadReport, generator: Generator | None) -> Iterator[tuple[str, str]]:
    """Under a cap a generator that is out of CPU is not late: it keeps connections busy instead."""
    share = (generator.cpu_share if generator is not None else None) or 0.0
    if share >= BUSY_SHARE and total.waited > WAITED_SHARE * total.sent:
        waited = f"{format_count(total.waited)} requests waited for a connection"
        busy = f"the generator used {format_share(share)} of a CPU"
        yield f"{waited} while {busy}: they may have waited for it", "lower the rate"


def _overflowed(generator: Generator | None) -> Iterator[tuple[str, str]]:
    if generator is None or not generator.queue_limit:
        return
    queue = generator.queue_max or 0
    if queue > generator.queue_limit:
        waiting = f"{format_count(queue)} requests were due and waiting for a connection at once"
        limit = f"more than --max-queue {format_count(generator.queue_limit)}"
        yield f"{waiting}, {limit}: the load was ended", "lower the rate or allow more connections"


def _unsent(total: LoadReport) -> Iterator[tuple[str, str]]:
    if total.sent < SENT_SHARE * total.scheduled:
        share = format_share(total.sent / total.scheduled)
        what = f"{total.sent:,} of {total.scheduled:,} requests were sent ({share})"
        yield what, "lower the rate or allow more connections"


def _starved(total: LoadReport, generator: Generator | None) -> Iterator[tuple[str, str]]:
    """Requests that the generator's own limits made fail."""
    wants = {
        Outcome.EMFILE: (
            "file descriptor",
            generator.descriptors if generator is not None else None,
            "raise `ulimit -Hn`, or set -max-connections",
        ),
        Outcome.EADDRNOTAVAIL: (
            "local port",
            generator.ports if generator is not None else None,
            "leave -keepalive on, set -max-connections, or widen net.ipv4.ip_local_port_range",
        ),
    }
    for outcome, (thing, stock, remedy) in wants.items():
        if count := total.errors.get(outcome.label, 0):
            limit = f", of which it may have {format_count(stock.limit)}" if stock else ""
            yield f"{count:,} requests failed for want of a {thing} in the generator{limit}", remedy
