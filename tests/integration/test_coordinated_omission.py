"""A stall of the target counts for every request that was due in it, capped or not.

A target that stalls S seconds inside a run of T seconds at a constant rate gives, in an open
model, quantile(q) = S - (1 - q) T: with S = 1 and T = 10, p95 = 500 ms and p99 = 900 ms.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from heapwise.load.driver import LoadDriver
from heapwise.load.engine import Phase
from heapwise.load.metrics import summarise
from heapwise.model.load import Hits, LoadResult, Outcome, Plan, Target
from heapwise.units import NS_PER_S
from support.driving import plan_with
from support.targets_server import target_server

pytestmark = pytest.mark.load

MS = 1_000_000
STALL, SECONDS = 1, 10


def stalled_run(engine: str, rate: int, connections: int) -> tuple[Hits, LoadResult]:
    """Drive a server that stalls in the middle."""
    with target_server(stall_after=SECONDS / 2) as server:
        plan: Plan = plan_with(
            engine, Target("GET", server.url), rate=rate, seconds=SECONDS, connections=connections
        )
        rows = []
        with LoadDriver(plan, zero_ns=0) as driver:
            phase = Phase(schedule=plan.schedule, targets=(0,))
            driver.run(phase, lambda hits: rows.append(hits.rows()), lambda: False)
    hits = Hits.from_rows(np.concatenate(rows))
    assert (hits.outcome == Outcome.OK).all()
    assert len(hits) == rate * SECONDS
    return hits, summarise(hits, plan)


def theory(hits: Hits, quantile: float) -> float:
    """The latency at a quantile, ns, for a server that needs time to answer the backlog.

    Those due in the stall are answered in order, so a hit at share x of the stall waits x times
    as long as the whole drain in addition. The drain is measured, on the middle of the answers
    that came late, as a hiccup elsewhere may make others late too.
    """
    late = hits.done[hits.done - hits.intended > 100 * MS]
    first, last = np.percentile(late, [10, 90])
    drain = float(last - first) / 0.8
    assert drain < 100 * MS, "the machine is too busy to tell"
    before = (1 - quantile) * SECONDS
    return (STALL - before) * NS_PER_S + drain * before / STALL


@pytest.mark.parametrize("engine", ["curl", "native"])
def test_uncapped_percentiles_are_theorys(engine: str) -> None:
    """At 1000 requests per second p95 and p99 are within 5 % of about 500 and 900 ms."""
    hits, result = stalled_run(engine, 1000, connections=0)
    latency = result.total.latency
    assert latency
    assert latency.p95 == pytest.approx(theory(hits, 0.95), rel=0.05)
    assert latency.p99 == pytest.approx(theory(hits, 0.99), rel=0.05)


@pytest.mark.parametrize(
    ("engine", "rate", "connections"),
    [("curl", 200, 50), ("native", 1000, 10)]
    + [("native", 1000, 50)] * (os.environ.get("HEAPWISE_FULL") == "1"),
)
def test_capped_percentiles_are_theorys(engine: str, rate: int, connections: int) -> None:
    """Under a cap the stall is counted all the same, and shows as slot wait, not as lag."""
    hits, result = stalled_run(engine, rate, connections)
    total = result.total
    assert total.latency
    assert total.service
    assert total.lag
    assert total.latency.p95 == pytest.approx(theory(hits, 0.95), rel=0.05)
    assert total.latency.p99 == pytest.approx(theory(hits, 0.99), rel=0.05)
    assert total.service.p95 < 50 * MS, "what the service time alone would have said"
    # a hiccup elsewhere may make a few more wait
    assert 0.95 <= total.waited / (rate * STALL - connections) < 1.25
    assert total.lag.p99 < 50 * MS
