"""The text report of a load."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
from msgspec.structs import replace

from heapwise.load.metrics import summarise
from heapwise.model.envelope import envelope
from heapwise.model.generator import EngineUsage, Stock
from heapwise.model.load import ConstantRate, HitFlag, Hits, LoadResult, Outcome, Plan, Target
from heapwise.model.recording import Problem, Scope
from heapwise.report.load_text import render_load
from heapwise.units import NS_PER_S

MS = 1_000_000
PLAN = Plan(
    targets=(Target("GET", "http://a/\u202ex"), Target("POST", "http://a/" + "y" * 80)),
    schedule=ConstantRate.of(Fraction(100), NS_PER_S),
)


def some_hits() -> Hits:
    """A hundred hits of 1 to 100 ms, the last a timeout."""
    table = np.zeros((100, 11), np.int64)
    hits = Hits.from_rows(table)
    hits.intended[:] = hits.ready[:] = hits.sent[:] = np.arange(100) * 10 * MS
    hits.done[:] = hits.sent + np.arange(1, 101) * MS
    hits.status[:] = 200
    hits.bytes_in[:] = 1024
    hits.target[:] = np.arange(100) % 2
    hits.outcome[-1], hits.status[-1] = Outcome.TIMEOUT, 0
    hits.flags[3] = HitFlag.WAITED
    return hits


def test_the_report_has_every_fact_and_names_what_it_measures() -> None:
    """Counts, rates, bytes, errors, four distributions, one row a target, and the problems."""
    problem = Problem(scope=Scope.LATENCY, what="it was late", remedy="be early")
    text = render_load(summarise(some_hits(), PLAN), [problem])
    lines = text.splitlines()
    for line in (
        "requests   100 scheduled · 100 sent · 99 succeeded (99.0 %)",
        "bodies     100 KiB in · 0 B out",
        "statuses   200 × 99",
        "errors     timeout × 1",
        "waited     1 requests found no free connection",
        "INVALID latency: it was late",
        "  be early",
    ):
        assert line in lines
    (latency,) = [line for line in lines if line.startswith("latency")]
    assert latency.split()[1:13:2] == ["50.0", "90.0", "95.0", "99.0", "100", "100"]
    assert latency.endswith("from the time it was due")
    assert "GET http://a/\\u202ex" in text
    assert all(char.isprintable() for line in lines for char in line)
    assert max(map(len, lines)) <= 120


def test_nothing_measured_prints_as_a_dash() -> None:
    """A load of which nothing was sent has no times, and no zeros that look like times."""
    text = render_load(summarise(Hits.empty(), PLAN))
    assert "statuses   none" in text
    assert "latency             –" in text.splitlines()


def two_hundred_targets() -> LoadResult:
    """Every target twice; number 150 fails, number 77 is the slowest of those that do not."""
    plan = replace(PLAN, targets=tuple(Target("GET", f"http://a/{n}") for n in range(200)))
    hits = Hits.from_rows(np.zeros((400, 11), np.int64))
    hits.target[:] = np.arange(400) % 200
    hits.done[:] = MS * (1 + hits.target % 7)
    hits.done[hits.target == 77] = 90 * MS
    hits.status[:] = np.where(hits.target == 150, 503, 200)
    return summarise(hits, plan)


def test_of_many_targets_the_worst_come_first() -> None:
    """Those that fail before those that are slow, twenty of them, and how many more there are."""
    lines = render_load(two_hundred_targets()).splitlines()
    table = lines[next(at for at, line in enumerate(lines) if line.startswith("target ")) + 1 :]
    assert [line.split()[1] for line in table[:2]] == ["http://a/150", "http://a/77"]
    assert len(table) == 21
    assert table[-1] == "and 180 more, none worse than these; --json has all"


def test_json_has_every_target() -> None:
    """All two hundred, in the order of the plan."""
    data = json.loads(envelope(two_hundred_targets()))["data"]
    assert [each["target"] for each in data["per_target"]] == [
        f"GET http://a/{n}" for n in range(200)
    ]


def test_the_generator_tells_of_itself() -> None:
    """Its engine, CPU and queue, and how near it came to the system's limits; or what is known."""
    usage = EngineUsage(
        cpu_ns=42, elapsed_ns=100, connections_opened=120, queue_max=1234,
        descriptors=Stock(132, 1_048_576), ports=Stock(120, 28_232),
    )  # fmt: skip
    lines = render_load(summarise(some_hits(), PLAN, usages=[usage])).splitlines()
    assert (
        "generator  curl engine, precise pacing · 42.0 % of a CPU · 10 in flight at most · "
        "a queue of 1,234 at most"
    ) in lines
    assert (
        "headroom   120 connections opened · 132 of 1,048,576 descriptors in use · "
        "120 of 28,232 local ports in use"
    ) in lines
    alone = render_load(summarise(some_hits(), PLAN)).splitlines()
    assert "generator  curl engine, precise pacing · 10 in flight at most" in alone
    assert not any(line.startswith("headroom") for line in alone)
