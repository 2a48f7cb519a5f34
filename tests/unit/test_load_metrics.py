"""What hits add up to, and when their latencies are worth nothing."""

from __future__ import annotations

import os
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heapwise.errors import HeapwiseError
from heapwise.load.generator import most_in_flight
from heapwise.load.metrics import summarise, validity
from heapwise.load.spool import HitSpool
from heapwise.model.generator import EngineUsage, Generator, Stock
from heapwise.model.load import (
    ConstantRate,
    HitFlag,
    Hits,
    LoadResult,
    Outcome,
    Pacing,
    Plan,
    Target,
)
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
    few = EngineUsage(
        cpu_ns=1, elapsed_ns=10, connections_opened=1, queue_max=0, descriptors=Stock(64, 64)
    )
    (unsent,) = validity(result(sent=998))
    assert "998 of 1,000" in unsent.what
    starved = hits(*(hit(i * MS) for i in range(1000)), hit(MS, outcome=Outcome.EMFILE, status=0))
    (own,) = validity(summarise(starved, PLAN, usages=(few,)))
    assert own.what == (
        "1 requests failed for want of a file descriptor in the generator, of which it may have 64"
    )
    assert "ulimit" in own.remedy
    without = hits(*(hit(i * MS) for i in range(99)), hit(MS, outcome=Outcome.EADDRNOTAVAIL))
    (own,) = validity(summarise(without, PLAN))
    assert own.what.endswith("for want of a local port in the generator")
    assert "-keepalive" in own.remedy
    assert validity(result(sent=999)) == ()


@pytest.mark.parametrize(
    ("engine", "pacing", "share", "what", "remedy"),
    [
        ("native", Pacing.PRECISE, 0.97, "97.0 % of a CPU", "--pacing 1ms"),
        ("native", Pacing.MS, 0.97, "97.0 % of a CPU", "lower the rate"),
        ("curl", Pacing.PRECISE, 1.0, "100.0 % of a CPU", "lower the rate"),
        ("native", Pacing.PRECISE, 0.4, "(p99), more than 1.00 ms", "does not use"),
    ],
)
def test_a_busy_generator_is_the_reason_for_its_own_lag(
    engine: str, pacing: Pacing, share: float, what: str, remedy: str
) -> None:
    """Out of CPU it says so, and what would take less; with CPU to spare somebody else had it."""
    late = hits(*(hit(i * MS, ready=i * MS, sent=(i + 2) * MS) for i in range(1000)))
    plan = msgspec.structs.replace(PLAN, engine=engine, pacing=pacing)
    usage = EngineUsage(
        cpu_ns=round(share * NS_PER_S), elapsed_ns=NS_PER_S, connections_opened=5, queue_max=0
    )
    (problem,) = validity(summarise(late, plan, usages=(usage,)))
    assert what in problem.what
    assert problem.remedy.endswith(remedy) or f"{remedy}, which" in problem.remedy


@pytest.mark.parametrize(
    ("waited", "share", "valid"), [(2, 0.97, False), (2, 0.5, True), (1, 1, True)]
)
def test_a_busy_generator_under_a_cap_is_late_in_disguise(
    waited: int, share: float, valid: bool
) -> None:
    """It sends at once when a connection is free, and frees them late: the wait is its own."""
    flags = [HitFlag.WAITED] * waited + [0] * (100 - waited)
    some = hits(*(hit(i * MS, flags=int(flag)) for i, flag in enumerate(flags)))
    usage = EngineUsage(
        cpu_ns=round(share * 100), elapsed_ns=100, connections_opened=5, queue_max=9
    )
    problems = validity(summarise(some, PLAN, usages=(usage,)))
    assert [problem.scope for problem in problems] == ([] if valid else [Scope.LATENCY])


@settings(max_examples=50)
@given(st.data())
def test_hits_add_up_the_same_however_they_are_cut(data: st.DataObject) -> None:
    """Pieces of any size, and a spool of them, give the figures of the whole."""
    count = data.draw(st.integers(0, 60))
    dice = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    rows = [
        never(due) if dice.random() < 0.1
        else hit(
            due, sent=due + int(dice.integers(0, MS)), target=int(dice.integers(0, 2)),
            status=int(dice.choice([200, 503])), outcome=int(dice.choice([0, 0, 3])),
            flags=int(dice.choice([0, 1, 2])),
        )
        for due in dice.integers(0, NS_PER_S, count).tolist()
    ]  # fmt: skip
    whole = hits(*rows) if rows else Hits.empty()
    every = data.draw(st.integers(1, 20))
    pieces = [
        Hits.from_rows(whole.rows()[start : start + every]) for start in range(0, count, every)
    ]
    with HitSpool() as spool:
        for piece in pieces:
            spool.add(piece)
        assert len(spool) == count
        assert summarise(spool, PLAN) == summarise(whole, PLAN) == summarise(pieces, PLAN)


def test_a_spool_is_read_in_pieces_as_often_as_wanted() -> None:
    """More hits than fit a piece come back as they went in, twice."""
    rows = np.arange(70_000 * len(Hits.columns()), dtype=np.int64).reshape(70_000, -1)
    with HitSpool() as spool:
        spool.add(Hits.from_rows(rows[:5]))
        spool.add(Hits.from_rows(rows[5:]))
        for _ in range(2):
            pieces = list(spool)
            assert len(pieces) == 2
            assert (np.concatenate([piece.rows() for piece in pieces]) == rows).all()


def test_memory_does_not_grow_with_the_hits() -> None:
    """Spooling takes that of a batch; the report less than half of what the hits would take."""
    batch = Hits.from_rows(np.ones((20_000, len(Hits.columns())), np.int64))
    batch.flags[:] = batch.target[:] = 0
    tracemalloc.start()
    try:
        with HitSpool() as spool:
            for _ in range(50):
                spool.add(batch)
            spooling = tracemalloc.get_traced_memory()[1]
            assert summarise(spool, PLAN).total.sent == 1_000_000
            reporting = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert spooling < 3 * batch.rows().nbytes
    assert reporting < 0.5 * 50 * batch.rows().nbytes


def test_a_full_disk_is_one_line() -> None:
    """It says where there is no room, and how to use another place."""
    with HitSpool() as spool, Path("/dev/full").open("wb", buffering=0) as full:
        os.dup2(full.fileno(), spool._file.fileno())
        with pytest.raises(HeapwiseError, match=r"no room for the hits in .*: No space") as error:
            spool.add(hits(hit(0)))
    assert "TMPDIR" in error.value.hint


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=30))
def test_in_flight_is_the_most_hits_that_overlap(spans: list[tuple[int, int]]) -> None:
    """As counted moment by moment; one that ends as another begins does not overlap it."""
    sent = np.array([start for start, _ in spans], np.int64)
    done = np.array([start + length for start, length in spans], np.int64)
    counted = [sum(s <= t < s + length for s, length in spans) for t in range(71)]
    assert most_in_flight(sent, np.sort(done)) == max(counted)


def test_the_generator_is_told_of_by_its_worst_phase() -> None:
    """CPU, queue and stocks at their worst, connections together; nothing made up without them."""
    first = EngineUsage(
        cpu_ns=5, elapsed_ns=10, connections_opened=3, queue_max=7, descriptors=Stock(20, 1024),
        ports=Stock(3, 28_232),
    )  # fmt: skip
    second = EngineUsage(
        cpu_ns=9, elapsed_ns=10, connections_opened=2, queue_max=1, descriptors=Stock(30, 1024)
    )
    some = hits(hit(0), hit(MS), hit(9 * MS), never(3 * MS))
    assert summarise(some, PLAN, usages=(first, second)).generator == Generator(
        engine="curl", pacing="precise", most_in_flight=2, cpu_share=0.9, connections_opened=5,
        queue_max=7, descriptors=Stock(30, 1024), ports=Stock(3, 28_232),
    )  # fmt: skip
    alone = summarise(some, PLAN).generator
    assert alone == Generator(engine="curl", pacing="precise", most_in_flight=2)
    assert summarise(some, msgspec.structs.replace(PLAN, engine="")).generator is None
