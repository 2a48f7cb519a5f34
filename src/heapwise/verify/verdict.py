"""From rounds to a comparison, and to everything that is told of a verification."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from heapwise.analysis.compare import diagnosed
from heapwise.analysis.compare_rounds import CompareOptions, compare_rounds
from heapwise.analysis.path_changes import Costs, path_changes
from heapwise.model.comparison import Comparison, PathChange, Role, Verdict
from heapwise.model.finding import Finding
from heapwise.model.load import Plan
from heapwise.model.metrics import CATALOGUE
from heapwise.model.recording import Problem
from heapwise.model.report import RunReport
from heapwise.model.verify import (
    ABLATED,
    BASE,
    NEW,
    Attempt,
    Settings,
    Verification,
    VerifyState,
)
from heapwise.record.recorded_costs import recorded_costs
from heapwise.record.store import load
from heapwise.units import format_duration
from heapwise.verify.changes import between_runs
from heapwise.verify.journal import Journal
from heapwise.verify.order import turns
from heapwise.verify.round_validity import counted, repetitions, whole_rounds
from heapwise.verify.stopping import alpha_of, decided

_PREDICTION = re.compile(
    r"([a-z][\w./%]*)\s*([-+\N{MINUS SIGN}])\s*(\d+(?:\.\d+)?)\s*%", re.IGNORECASE
)
_LONGER = 4
_MANY = 24
"""Rounds beyond which longer ones decide sooner than more of them."""


def compare_sides(
    base: Sequence[RunReport],
    new: Sequence[RunReport],
    *,
    alpha: float,
    settings: Settings,
    paths: tuple[PathChange, ...] | None = (),
) -> Comparison:
    """Compare rounds, with what was foretold beside what was measured.

    Args:
        base: a report a round.
        new: the same.
        alpha: that this comparison may spend.
        settings: of the verification.
        paths: call paths that changed; None compares the owners that the reports name.
    """
    options = CompareOptions(alpha=alpha, min_effect=settings.min_effect)
    comparison = compare_rounds(base, new, options, paths=paths)
    rows = tuple(
        msgspec.structs.replace(row, predicted=settings.predicted.get(row.metric, row.predicted))
        for row in comparison.rows
    )
    return msgspec.structs.replace(comparison, rows=rows)


def foretold(text: str) -> dict[str, float]:
    """Relative changes by metric in a prediction, ``allocs/req -60%``; none in other words."""
    by_name = {metric.name("req"): ident for ident, metric in CATALOGUE.items()}
    aliases = {"bytes/req": "bytes/work", **{ident: ident for ident in CATALOGUE}, **by_name}
    known = {name.lower(): ident for name, ident in aliases.items()}
    found = {}
    for name, sign, digits in _PREDICTION.findall(text):
        if (ident := known.get(name.lower())) is not None:
            found[ident] = float(digits) / 100 * (1 if sign == "+" else -1)
    return found


def conclude(journal: Journal, name: str) -> Verification:
    """What a verification tells of the rounds that are in, finished or not.

    Args:
        journal: with a whole round at least.
        name: of its directory, as it was typed.

    Raises:
        RecordingError: a recording is gone.
        UsageError: the sides were driven differently.
    """
    state = journal.state
    kept = whole_rounds(counted(state.attempts), [side.name for side in state.sides])
    reports = {
        side.name: journal.reports([each for each in kept if each.side == side.name])
        for side in state.sides
    }
    settings, alpha = state.settings, alpha_of(state.settings, len(reports[BASE]))
    paths = _changed_paths(journal, kept, reports, alpha)
    compared = compare_sides(
        reports[BASE], reports[NEW], alpha=alpha, settings=settings, paths=paths
    )
    comparison = _named(compared, state, journal)
    ablation = None
    if ABLATED in reports:
        ablation = compare_sides(reports[BASE], reports[ABLATED], alpha=alpha, settings=settings)
    return Verification(
        name=journal.directory.resolve().name,
        directory=name,
        state=state,
        comparison=comparison,
        ablation=ablation,
        warnings=tuple(dict.fromkeys((*state.warnings, *_seen(state, reports)))),
        decided=decided(comparison),
        counted=tuple(attempt.recording for attempt in kept),
        left=_left(reports[NEW]),
        next_command=_next_command(name, comparison, state, journal.plan),
    )


def inconclusive(verification: Verification) -> bool:
    """True where the figures could not be trusted, or could not decide what was asked.

    Rounds until all is decided ask for every primary metric. A fixed number of rounds has told
    something once one of them moved.
    """
    return _open(verification.comparison, verification.state)


def _open(comparison: Comparison, state: VerifyState) -> bool:
    moved = any(
        row.role is Role.PRIMARY and row.verdict in (Verdict.BETTER, Verdict.WORSE)
        for row in comparison.rows
    )
    return not decided(comparison) and (state.settings.until_decided or not moved)


def _changed_paths(
    journal: Journal,
    kept: Sequence[Attempt],
    reports: Mapping[str, Sequence[RunReport]],
    alpha: float,
) -> tuple[PathChange, ...] | None:
    """Call paths that changed, from the profiles; None where the recordings were not kept."""
    costs: dict[str, list[Costs]] = {}
    for side in (BASE, NEW):
        made = [attempt for attempt in kept if attempt.side == side]
        for attempt, report in zip(made, reports[side], strict=True):
            path = journal.directory / attempt.recording
            if not path.is_dir():
                return None
            cost = recorded_costs(load(path), report)
            if cost is not None:
                costs.setdefault(side, []).append(cost)
    if costs.keys() != {BASE, NEW}:
        return None
    confidence = CompareOptions().confidence
    return path_changes(costs[BASE], costs[NEW], rate=alpha, confidence=confidence)


def _named(comparison: Comparison, state: VerifyState, journal: Journal) -> Comparison:
    labels = {side.name: side.label for side in state.sides}
    return msgspec.structs.replace(
        comparison,
        before=labels[BASE],
        after=labels[NEW],
        how=(*how_measured(journal), *comparison.how),
    )


def how_measured(journal: Journal) -> tuple[str, ...]:
    """How the rounds were made, a line each."""
    state, plan, settings = journal.state, journal.plan, journal.state.settings
    names = [side.name for side in state.sides]
    order = " ".join((*turns(names, 1), *turns(names, 2)))
    apart = format_duration(settings.cooldown_ns)
    kind = f"{format_duration(plan.warmup_ns)} of warm-up each" if plan else "jobs run to their end"
    lines = [f"made in turn ({order}), {apart} apart, {kind}"]
    if again := repetitions(state.attempts):
        lines.append(f"{len(again)} spoiled runs made again, none of them averaged in")
    if settings.until_decided:
        looks = ", ".join(str(look) for look in settings.looks)
        lines.append(
            f"looked at after {looks} rounds, which was fixed before the first; all looks "
            f"together spend {settings.alpha:g}; stopped: {state.stopped or 'not yet'}"
        )
    return tuple(lines)


def _seen(state: VerifyState, reports: Mapping[str, Sequence[RunReport]]) -> Iterable[Problem]:
    """What only the runs could show."""
    sides = {side.name: side for side in state.sides}
    yield from between_runs((sides[BASE], reports[BASE][0]), (sides[NEW], reports[NEW][0]))


def _left(news: Iterable[RunReport]) -> tuple[Finding, ...] | None:
    """What is still found: of the round in which most is, so that no luck of sampling hides any."""
    found = [report.findings for report in news if diagnosed(report)]
    return max(found, key=len, default=None)


def _next_command(name: str, comparison: Comparison, state: VerifyState, plan: Plan | None) -> str:
    place = shlex.quote(name)
    if state.stopped == "":
        return f"heapwise verify --resume {place}"
    if not _open(comparison, state):
        return f"heapwise gate {place}"
    asked = [row for row in comparison.rows if row.role is Role.PRIMARY]
    more = max((row.more_rounds or 0 for row in asked), default=0)
    rounds = state.settings.rounds + more + more % 2
    if state.settings.until_decided:
        budget = format_duration(2 * state.settings.budget_ns).replace(" ", "")
        return f"heapwise verify … --until decided -budget {budget}"
    if more and rounds <= _MANY:
        return f"heapwise verify … --rounds {rounds}"
    if plan is None:
        return "heapwise verify … with more work for each job"
    longer = format_duration(_LONGER * plan.schedule.duration_ns).replace(" ", "")
    return f"heapwise verify … -duration {longer}"
