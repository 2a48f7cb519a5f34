"""The sections of the text report about slow requests and about what bounds a run."""

from __future__ import annotations

from typing import Any

from heapwise.analysis.tail.sentences import sentence
from heapwise.model.quantiles import Percentiles
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
from heapwise.report.bottleneck_text import bottleneck_lines
from heapwise.report.tail_text import tail_lines


def cause_test(cause: Cause, blame: Blame, **others: Any) -> CauseTest:
    known: dict[str, Any] = {"touched": 0, "expected": 0.0, "active_share": 0.0, "p": 1.0}
    return CauseTest(cause=cause, blame=blame, **(known | others))


def attribution(**others: Any) -> TailAttribution:
    known: dict[str, Any] = {
        "hits": 3000,
        "latency": Percentiles(3000, 1e6, 5e5, 1e6, 2e6, 2e7, 4e7, 5e7),
        "groups": (
            SlowHits(
                name="p99",
                threshold_ns=20_000_000,
                slow=30,
                causes=(
                    cause_test(
                        Cause.ASSIST,
                        Blame.BLAMED,
                        touched=28,
                        expected=4.25,
                        active_share=0.067,
                        p=0.002,
                        why="covers 93.0 % of the excess, 12.7 % by chance",
                    ),
                    cause_test(Cause.STW, Blame.CLEARED, why="covers 0.01 % of the excess"),
                    cause_test(Cause.STEAL, Blame.UNKNOWN, p=None, why="the system does not tell"),
                    cause_test(
                        Cause.PRESSURE, Blame.UNKNOWN, p=None, why="the system does not tell"
                    ),
                ),
                sentence="28 of 30 overlap GC mark assist; 4.2 would by chance.",
            ),
        ),
        "gc_source": "gctrace",
        "gc_coverage": 1.0,
        "notes": ("What limits it.",),
    }
    return TailAttribution(**(known | others))


def test_the_answer_comes_before_the_figures() -> None:
    """First a sentence per group, then each cause with its verdict, then what was not measured."""
    lines = tail_lines(attribution())
    assert [line[:58].rstrip() for line in lines] == [
        "Slow requests",
        "  p99    30 hits of 20.0 ms or more: 28 of 30 overlap GC m",
        "",
        "  blame  cause              slow hits  by chance  active",
        "  yes    GC mark assist            28        4.2   6.7 %",
        "",
        "  no     GC stop-the-world          0        0.0     0 %",
        "  Not measured: CPU steal, memory or I/O pressure (the sys",
        "  Collections are those of the gctrace: 100.0 % of all the",
        "  What limits it.",
    ]
    assert "0.002  covers 93.0 % of the excess, 12.7 %" in lines[4]
    assert max(map(len, lines)) <= 100


def test_one_of_many_overlaps() -> None:
    """The verb agrees with the count."""
    test = cause_test(Cause.STW, Blame.BLAMED, touched=1, expected=0.5)
    text = "1 of 30 overlaps a stop-the-world of the collector; 0.5 would by chance."
    assert sentence("p99", 30, (test,)) == text


def test_a_refusal_says_why() -> None:
    """Nothing but the reason is shown."""
    assert tail_lines(attribution(groups=(), refused="the clocks disagree", notes=())) == [
        "Slow requests",
        "  Nothing is attributed: the clocks disagree.",
    ]


def test_a_run_without_hits_has_no_section() -> None:
    """What was not asked is not answered."""
    assert tail_lines(attribution(groups=(), notes=())) == []


def test_a_bottleneck_says_why_and_what_could_be_gained() -> None:
    """The class, the evidence, the shares of the CPU, and Amdahl's bounds."""
    found = Bottleneck(
        kind=BottleneckClass.GC,
        why=("it used 97.0 % of 2 processors", "31.0 % of its CPU goes into collecting garbage"),
        cpu_share=0.97,
        shares={"GC": 0.31, "user": 0.69},
        bounds=(Bound(name="main.compress (/srv/main.go:8)", share=0.45, at_most=1 / 0.55),),
    )
    assert bottleneck_lines(found) == [
        "Bottleneck: allocation/GC-bound",
        "  It used 97.0 % of 2 processors.",
        "  31.0 % of its CPU goes into collecting garbage.",
        "  CPU  GC 31.0 %, user 69.0 %",
        "  Removing a path entirely would divide the CPU per request by at most",
        "  of CPU  bound",
        "  45.0 %  1.82×  main.compress (/srv/main.go:8)",
    ]


def test_hostile_names_break_no_line() -> None:
    """A function's name is escaped as everywhere."""
    bound = Bound(name="main.f\x1b[31m\nx", share=0.5, at_most=2.0)
    found = Bottleneck(
        kind=BottleneckClass.CPU, why=("a\nb",), cpu_share=None, shares={}, bounds=(bound,)
    )
    text = "\n".join(bottleneck_lines(found))
    assert "\x1b" not in text
    assert len(text.splitlines()) == 5
