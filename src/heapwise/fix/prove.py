"""Whether patches gain what was promised: rounds of the recording's own load, before and after."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec

from heapwise import __version__
from heapwise.errors import HeapwiseError
from heapwise.fix.proposal import Proposal
from heapwise.model.comparison import Comparison, ComparisonRow, Role, Verdict
from heapwise.model.fix import Gain, Proof
from heapwise.model.load import Plan
from heapwise.model.verify import BASE, FORMAT, NEW, Settings, SideKind, VerifyState
from heapwise.model.work import PerWork
from heapwise.record.machine import this_machine
from heapwise.record.redact import redact, redact_argv
from heapwise.runtimes.access import Access
from heapwise.verify.journal import Journal
from heapwise.verify.rounds import Notify, make_rounds
from heapwise.verify.sides import Bench, bench, sides_of
from heapwise.verify.verdict import conclude

_ASKED = ("bytes/work", "allocs/work")
"""A patch has to gain in one of them."""

_TELLABLE = 0.01
"""Of what is made: a promise of less is neither kept nor broken by what rounds measure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """How the rounds of every proof are made.

    Attributes:
        plan: the recording's load, with its secrets.
        service: its debug endpoint; empty to look for it.
        access: what that wants to be sent.
        settings: without a prediction.
        costs: of the recording, that promises are shares of; None if unknown.
        stem: what the directories of the verifications begin with.
        allow_remote: accept addresses outside private networks.
        notify: told of every step.
    """

    plan: Plan | None
    service: str
    access: Access
    settings: Settings
    costs: PerWork | None
    stem: str
    allow_remote: bool
    notify: Notify

    def prove(self, base: str, new: str, proposals: Sequence[Proposal]) -> Proof:
        """Make rounds of two services, which differ by some patches.

        Args:
            base: starts the one without.
            new: starts the one with.
            proposals: the patches.

        Raises:
            HeapwiseError: a service cannot be started or measured.
            Interrupted: stopped by the user; what was made is kept.
        """
        promised = promised_by(proposals)
        directory = _free(self.stem)
        kept_plan = redact(self.plan, keep_secrets=False)[0] if self.plan else None
        named = [(BASE, base), (NEW, new)]
        sides = sides_of(SideKind.COMMAND, named, [self.service, self.service])
        kept = sides_of(
            SideKind.COMMAND,
            [(name, redact_argv([what])[0]) for name, what in named],
            [self.service, self.service],
        )
        state = VerifyState(
            format=FORMAT,
            tool=__version__,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            argv=redact_argv(sys.argv[1:]),
            machine=this_machine(),
            sides=kept,
            settings=self._settings(promised),
            prediction=", ".join(f"{each.finding.code} {each.finding.title}" for each in proposals),
        )
        benches = {
            side.name: bench(
                side, self.plan, folder=None, access=self.access,
                allow_remote=self.allow_remote, keep_secrets=False,
            )
            for side in sides
        }  # fmt: skip
        with Journal.create(directory, state, kept_plan, force=False) as journal:
            _made(journal, benches, self.notify)
            comparison = conclude(journal, str(directory)).comparison
        return _proof(proposals, promised, comparison, str(directory))

    def _settings(self, promised: dict[str, float]) -> Settings:
        """With the promises as relative changes."""
        known = self.costs
        costs = {"bytes/work": known.bytes, "allocs/work": known.allocs} if known else {}
        predicted = {
            metric: -amount / cost for metric, amount in promised.items() if (cost := costs[metric])
        }
        return msgspec.structs.replace(self.settings, predicted=predicted)


def _made(journal: Journal, benches: Mapping[str, Bench], notify: Notify) -> None:
    """Make the rounds; what stops them is told without the way to go on.

    To go on would need the builds, which are gone by then.
    """
    try:
        make_rounds(journal, benches, notify=notify)
    except HeapwiseError as error:
        hint = "" if "--resume" in error.hint else f"{error.hint}; "
        undone = "the patches that were not proved are taken out again"
        raise type(error)(error.what, error.why, hint + undone) from error


def promised_by(proposals: Sequence[Proposal]) -> dict[str, float]:
    """What the findings promise together, by metric, with what two of them claim counted once."""
    codes = {each.finding.code for each in proposals}
    promised: dict[str, float] = {}
    for each in proposals:
        finding = each.finding
        if codes.intersection(finding.shares_gain_with) - {finding.code}:
            continue
        gains = (finding.gain_bytes_per_work, finding.gain_allocs_per_work)
        for metric, gain in zip(_ASKED, gains, strict=True):
            if gain:
                promised[metric] = promised.get(metric, 0.0) + gain
    return promised


def _free(stem: str) -> Path:
    for number in count(1):
        path = Path(f"{stem}.verify" if number == 1 else f"{stem}-{number}.verify")
        if not path.exists():
            return path
    raise AssertionError("numbers end")


def _proof(
    proposals: Sequence[Proposal],
    promised: dict[str, float],
    comparison: Comparison,
    directory: str,
) -> Proof:
    rows = {row.metric: row for row in comparison.rows}
    asked = [rows[metric] for metric in _ASKED if metric in rows]
    why, gained, decided = judged(asked, comparison.rows, promises=bool(promised))
    return Proof(
        numbers=tuple(each.number for each in proposals),
        directory=directory,
        rounds=comparison.rounds[1],
        gains=tuple(_gain(row, promised.get(row.metric)) for row in asked),
        gained=gained,
        decided=decided,
        why=why,
    )


def _gain(row: ComparisonRow, predicted: float | None) -> Gain:
    measured = None
    if row.before is not None and row.after is not None:
        measured = row.before - row.after
    return Gain(
        metric=row.metric,
        name=row.name,
        unit=row.unit,
        before=row.before,
        after=row.after,
        predicted=predicted,
        measured=measured,
        ratio=kept(row.before, predicted, measured),
        verdict=row.verdict.value,
    )


def kept(before: float | None, predicted: float | None, measured: float | None) -> float | None:
    """Measured over predicted; None where the promise is lost in what rounds differ by anyway."""
    if before is None or measured is None or not predicted or predicted < _TELLABLE * before:
        return None
    return measured / predicted


def judged(
    asked: Sequence[ComparisonRow], rows: Iterable[ComparisonRow], *, promises: bool
) -> tuple[str, bool, bool]:
    """Why, whether the patches stay, and whether the rounds could tell."""
    hurt = [
        row for row in rows
        if row.role is Role.GUARD and row.verdict in (Verdict.WORSE, Verdict.CHANGED)
    ]  # fmt: skip
    if hurt:
        names = " and ".join(row.name for row in hurt)
        return f"{names} changed, which must stay as it was", False, True
    verdicts = {row.verdict for row in asked}
    if Verdict.BETTER in verdicts:
        return "it gains", True, True
    if not verdicts or verdicts & {Verdict.UNDECIDED, Verdict.INVALID}:
        reasons = "; ".join(f"{row.name} {row.why}" for row in asked if row.why)
        return f"the rounds cannot tell whether it gains: {reasons or 'no figures'}", False, False
    if Verdict.WORSE in verdicts:
        return "it allocates more than before", False, True
    if not promises:
        return "it promised no bytes, and costs none", True, True
    return "it gains nothing under this load", False, True
