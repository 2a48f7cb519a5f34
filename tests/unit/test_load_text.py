"""The text report of a load, and the line that shows it coming."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from heapwise.cli.progress import ProgressLine
from heapwise.load.metrics import summarise
from heapwise.model.load import ConstantRate, HitFlag, Hits, Outcome, Plan, Target
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


def test_progress_is_one_line_drawn_seldom() -> None:
    """The first hits are drawn, those right after are only counted, and control text is inert."""
    written: list[str] = []
    line = ProgressLine(PLAN, written.append)
    line.show("fence\x1b[31m")
    line.show("load", some_hits())
    line.show("load", some_hits())
    line.clear()
    step, load, clear = written
    assert step == "\r\x1b[Kfence\\x1b[31m"
    assert load == "\r\x1b[Kload: 0 s of 1 s · 100 requests · 1 failed · now 50.0 ms"
    assert clear == "\r\x1b[K"
