"""Judges the variants of a lab, one after another as they end, and again when all rounds have."""

from __future__ import annotations

from collections.abc import Iterator

from heapwise.analysis.compare_rounds import CompareOptions, compare_rounds
from heapwise.lab.article import article_lines
from heapwise.lab.bench import Trial
from heapwise.lab.checks import check_answers, check_findings, check_gain, check_metrics
from heapwise.lab.count_checks import check_saved
from heapwise.lab.ladder import rungs
from heapwise.lab.spec import Exit, Lab
from heapwise.model.comparison import Comparison
from heapwise.model.lab import ArticleLine, LabCheck, VariantResult
from heapwise.model.report import RunReport

MIN_EFFECT = 0.05
"""Relative changes of several rounds that do not count: labs are about large ones."""


class Climb:
    """The variants that have ended, in the order of the ladder."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._trials: dict[str, Trial] = {}
        self._rounds: dict[str, list[RunReport]] = {}

    def take(self, trial: Trial) -> None:
        """Note a variant's first round, which findings and answers are judged by, or a further."""
        self._trials.setdefault(trial.name, trial)
        self._rounds.setdefault(trial.name, []).append(trial.report)

    def judged(self, name: str) -> VariantResult:
        """Compare and check a variant, by all its rounds and those of `before` so far."""
        trial, below = self._trials[name], self._below(name)
        rung = (each.name for each in reversed(below) if each.name in self._lab.rungs)
        last = self._lab.variants[name].of or next(rung, "")
        compared = self._compared(name)
        return VariantResult(
            name=name,
            title=self._lab.variants[name].title,
            recording=str(trial.recording),
            report=trial.report,
            comparison=compared,
            checks=tuple(self._checks(trial, below, compared)),
            rungs=rungs(self._rounds[name], self._rounds.get(last, ())),
        )

    def article(self) -> Iterator[ArticleLine]:
        """The article's table; nothing where `before` or `after` did not run."""
        if "before" in self._trials and "after" in self._trials:
            compared = self._compared("after")
            assert compared is not None  # noqa: S101 - for the type checker; both are there
            yield from article_lines(
                self._lab, self._trials["before"], self._trials["after"], compared
            )

    def _below(self, name: str) -> list[Trial]:
        """The variants that ran before this one."""
        names = list(self._trials)
        return [self._trials[each] for each in names[: names.index(name)]]

    def _compared(self, name: str) -> Comparison | None:
        if name == "before" or "before" not in self._trials:
            return None
        options = CompareOptions(min_effect=MIN_EFFECT)
        return compare_rounds(self._rounds["before"], self._rounds[name], options)

    def _checks(
        self, trial: Trial, below: list[Trial], compared: Comparison | None
    ) -> Iterator[LabCheck]:
        yield from trial.checks
        yield from check_findings(self._lab, trial.name, trial.report)
        if compared is None:
            return
        code = self._lab.variants[trial.name].expect.fixes
        if code:
            yield check_gain(code, _with_finding(below, code), trial.report)
        yield from check_metrics(self._lab, trial.name, compared)
        before = self._trials["before"]
        yield from check_saved(before.report, before.counted, trial.report, trial.counted)
        model = _model(below, trial)
        if model is not None:
            yield from check_answers(self._lab, trial.name, model.seen, trial.seen)


def _with_finding(below: list[Trial], code: str) -> RunReport | None:
    """The last variant that has a finding: its fix is held against it."""
    reports = (trial.report for trial in reversed(below))
    return next((each for each in reports if any(f.code == code for f in each.findings)), None)


def _model(below: list[Trial], trial: Trial) -> Trial | None:
    """Whose answers a variant must have; None where there are none, of either.

    They are those of `before`, or, where it was killed or was given less, of the first variant
    that came to its end with as much.
    """
    if trial.ended is not Exit.OK:
        return None
    alike = (each for each in below if each.ended is Exit.OK and each.scale == trial.scale)
    return next(alike, None)
