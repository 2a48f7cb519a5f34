"""What hits add up to, and when their latencies are worth nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heapwise.load.metrics import summarise, validity
from heapwise.model.load import ConstantRate, HitFlag, Hits, LoadResult, Outcome, Plan, Target
from heapwise.model.quantiles import Percentiles
from heapwise.model.recording import Scope
from heapwise.units import NS_PER_S

MS = 1_000_000
PLAN = Plan(
    targets=(Target("GET", "http://a/"), Target("POST", "http://b/")),
    schedule=ConstantRate.of(Fraction(100), NS_PER_S),
)


def hit(intended: int, **columns: int) -> dict[str, int]:
    """One successful hit of 2 ms, sent on time, unless the columns say otherwise."""
    sent = columns.get("sent", intended)
    row = dict.fromkeys(Hits.columns(), 0) | {
        "intended": intended,
        "ready": min(intended, sent),
        "sent": sent,
        "first_byte": sent,
        "done": sent + 2 * MS,
        "status": 200,
        "bytes_in": 10,
    }
    return row | columns


def never(intended: int) -> dict[str, int]:
    """A hit that was never sent."""
    stamps = dict.fromkeys(("ready", "sent", "first_byte", "done"), -1)
    return hit(intended, **stamps, status=0, bytes_in=0, outcome=Outcome.NEVER_SENT)


def hits(*rows: dict[str, int]) -> Hits:
    """Rows as columns."""
    return Hits.from_rows(np.array([list(row.values()) for row in rows], np.int64))


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=300))
def test_quantiles_are_nearest_ranks_of_all_values(values: list[int]) -> None:
    """A quantile is the smallest value that at least its share of all values does not exceed."""
    result = Percentiles.of(np.array(values, np.int64))
    assert result is not None
    for share, value in (
        (0.5, result.p50), (0.9, result.p90), (0.95, result.p95), (0.99, result.p99),
    ):  # fmt: skip
        assert value in values
        assert sum(v <= value for v in values) >= share * len(values) - 1e-9
        assert sum(v < value for v in values) < share * len(values) + 1e-9
    assert result.max == max(values)
    assert Percentiles.of(np.empty(0, np.int64)) is None


def test_the_total_and_each_target() -> None:
    """Statuses, errors, bytes, rates and latencies are counted in total and per target."""
    result = summarise(
        hits(
            hit(0),
            hit(10 * MS, target=1, sent=15 * MS, ready=12 * MS, flags=HitFlag.WAITED),
            hit(20 * MS, status=503),
            hit(30 * MS, target=1, outcome=Outcome.TIMEOUT, status=0, done=90 * MS, bytes_in=3),
        ),
        PLAN,
    )
    total, (first, second) = result.total, result.per_target
    assert (total.scheduled, total.sent, total.succeeded) == (4, 4, 2)
    assert total.statuses == {"200": 2, "503": 1}
    assert total.errors == {"timeout": 1}
    assert total.bytes_in == 33
    assert total.span_ns == 90 * MS
    assert total.achieved_rate == pytest.approx(100)
    assert total.throughput == pytest.approx(2 / 0.09)
    assert total.waited == 1
    assert total.latency
    assert total.lag
    assert total.slot_wait
    assert (total.latency.max, total.latency.p50) == (60 * MS, 2 * MS)
    assert (total.lag.max, total.slot_wait.max) == (3 * MS, 2 * MS)
    assert (first.target, first.succeeded, first.asked_rate) == ("GET http://a/", 1, 50)
    assert (second.scheduled, second.errors) == (2, {"timeout": 1})


def test_the_pause_between_targets_driven_apart_is_in_no_rate() -> None:
    """100 hits a second to one target, a fence of 5 s, 100 a second to the next: 100 a second."""
    first = [hit(10 * MS * n, target=0) for n in range(100)]
    second = [hit(6 * NS_PER_S + 10 * MS * n, target=1) for n in range(100)]
    plan = msgspec.structs.replace(PLAN, apart=True)
    total = summarise(hits(*first, *second), plan).total
    assert total.achieved_rate == pytest.approx(100)
    assert total.throughput == pytest.approx(100, rel=0.02)
    assert total.span_ns == 2 * (990 * MS + 2 * MS)


def test_warm_up_is_in_no_figure() -> None:
    """Hits marked warm-up are left out."""
    total = summarise(hits(hit(0, flags=HitFlag.WARMUP, done=NS_PER_S), hit(1)), PLAN).total
    assert total.scheduled == 1
    assert total.latency
    assert total.latency.max < NS_PER_S


def test_a_hit_never_sent_counts_if_it_was_due() -> None:
    """What was due and not sent is missed; what a stop cut off was never asked for."""
    total = summarise(hits(hit(0), never(10 * MS), hit(20 * MS), never(30 * MS)), PLAN).total
    assert (total.scheduled, total.sent) == (3, 2)
    assert total.errors == {"never sent": 1}
    assert total.latency
    assert total.latency.count == 2


def test_nothing_sent_is_no_division_by_zero() -> None:
    """No hits, and none that were sent, make empty figures."""
    for nothing in (Hits.empty(), hits(never(0))):
        total = summarise(nothing, PLAN).total
        assert (total.sent, total.latency, total.throughput) == (0, None, 0)


def result(**fields: Any) -> LoadResult:
    """A sound result of 1000 hits, then changed."""
    sound = summarise(hits(*(hit(i * 10 * MS) for i in range(1000))), PLAN)
    return msgspec.structs.replace(sound, total=msgspec.structs.replace(sound.total, **fields))


def spread(p99: float) -> Any:
    """A distribution of which only the p99 matters."""
    return msgspec.structs.replace(Percentiles.of(np.ones(3, np.int64)), p99=p99)


def test_a_sound_run_has_no_problems() -> None:
    """Nothing is made up."""
    assert validity(result()) == ()


@pytest.mark.parametrize(
    ("lag", "latency", "valid"),
    [(0.9, 1, True), (1.1, 1, False), (5, 60, True), (5, 49, False), (860, 900, False)],
)
def test_a_late_generator_invalidates_latency(lag: float, latency: float, valid: bool) -> None:
    """Lag p99 may reach a tenth of the latency's p99, or 1 ms."""
    problems = validity(result(lag=spread(lag * MS), latency=spread(latency * MS)))
    assert [problem.scope for problem in problems] == [] if valid else [Scope.LATENCY]


def test_unsent_hits_and_the_generators_own_errors_invalidate_latency() -> None:
    """Less than 99.9 % sent, or one EMFILE, and the remedy says what to change."""
    (unsent,) = validity(result(sent=998))
    assert "998 of 1,000" in unsent.what
    (own,) = validity(result(generator_errors=1))
    assert "ulimit" in own.remedy
    assert validity(result(sent=999)) == ()
