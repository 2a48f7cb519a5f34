"""Reports on the hits of a load that came alone: ours and vegeta's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from heapwise.analysis.attack_report import (
    attack_report,
    histogram,
    latencies,
    measured,
    percentiles,
)
from heapwise.cli.hits_input import Clock, read_all
from heapwise.cli.report_kinds import ReportKind
from heapwise.errors import ProfileError, UsageError
from heapwise.formats.hits import HitStore, plan_of
from heapwise.load.metrics import summarise, validity
from heapwise.model.envelope import envelope
from heapwise.model.recording import Problem
from heapwise.report.load_hist import render_hdrplot, render_hist
from heapwise.report.load_text import render_load

_WITH_BUCKETS = ("hist", "vegeta")


class HitsReport(NamedTuple):
    """A report on hits, and what makes its latencies worthless where the report cannot say so."""

    text: str
    problems: tuple[Problem, ...] = ()


def check_kind(kind: ReportKind) -> None:
    """Refuse what hits have no report for.

    Raises:
        UsageError: the kind is of recordings, or wants buckets, or does not take them.
    """
    if kind.name == "html":
        raise UsageError(
            "an HTML report needs a recording",
            hint="heapwise plot draws hits; heapwise run makes a recording",
        )
    if kind.name == "hist" and not kind.buckets:
        raise UsageError("a histogram needs buckets", hint="write -type 'hist[0,1ms,10ms]'")
    if kind.buckets and kind.name not in _WITH_BUCKETS:
        raise UsageError(
            f"a report of type {kind.name} has no buckets",
            hint="buckets are for -type hist and -type vegeta",
        )


def report_hits(
    files: Sequence[str], kind: ReportKind, every_ns: int, write: Callable[[HitsReport], None]
) -> None:
    """Report hits once they are all there, and meanwhile, whenever more came, what is there so far.

    Every hit is kept, in 96 bytes: so each report is exact, and memory grows with the hits.

    Args:
        files: of hits, merged in time; - is standard input.
        kind: checked with `check_kind`.
        every_ns: how often to report meanwhile; 0 for never.
        write: takes the reports, the last of them on all hits.

    Raises:
        ProfileError: a line is not a hit, or there are none.
        UsageError: a file cannot be read.
    """
    store = HitStore()
    told = 0

    def tick() -> None:
        nonlocal told
        if len(store) > told:
            told = len(store)
            write(render(store, kind))

    read_all(files, store, Clock(every_ns, tick))
    write(render(store, kind))


def render(store: HitStore, kind: ReportKind) -> HitsReport:
    """The report on what a store holds, one hit at least.

    Raises:
        ProfileError: all of it is warm-up, and the report leaves that out.
    """
    hits, targets = store.hits(), store.targets
    result = summarise(hits, plan_of(hits, targets))
    problems = validity(result)
    if kind.name == "json":
        return HitsReport(envelope(result).decode(), problems)
    if kind.name == "text":
        return HitsReport(render_load(result, problems))
    counted = measured(hits)
    if not len(counted):
        raise ProfileError("nothing to report", "all hits are warm-up")
    if kind.name == "vegeta":
        report = attack_report(
            counted, zero_ns=store.zero_ns, errors=store.errors, buckets=kind.buckets
        )
        return HitsReport(msgspec.json.encode(report).decode(), problems)
    ordered = latencies(counted)
    if kind.name == "hist":
        return HitsReport(render_hist(histogram(ordered, kind.buckets)), problems)
    return HitsReport(render_hdrplot(percentiles(ordered)), problems)


def clear_terminal() -> None:
    """Begin at the top of an empty screen, where standard output is one."""
    if sys.stdout.isatty():
        sys.stdout.write("\x1b[H\x1b[2J")
