"""What came out of a lab."""

from __future__ import annotations

import msgspec

from heapwise.model.comparison import Comparison, Verdict
from heapwise.model.report import RunReport


class LabCheck(msgspec.Struct, frozen=True):
    """One thing a lab must show: what was expected, whether it held, what was seen."""

    name: str
    passed: bool
    detail: str


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a variant beside that of the variant before it on the ladder.

    Attributes:
        metric: id of the catalogue.
        value: None where it was not measured.
        factor: against the last rung; None where there is none, or it was 0 or not measured.
    """

    metric: str
    value: float | None
    factor: float | None = None


class ArticleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the article's table, and ours beside it.

    Attributes:
        row: its title.
        article: what it says of before and after, as written there.
        ours: the same as measured here, with units; empty where there is no figure.
        delta: relative change of ours; None where it is not known.
        verdict: of ours; None where nothing was compared.
    """

    row: str
    article: tuple[str, str]
    ours: tuple[str, str]
    delta: float | None
    verdict: Verdict | None


class VariantResult(msgspec.Struct, frozen=True, kw_only=True):
    """One variant of a lab, run.

    Attributes:
        name: ``before``, ``after``, ``control`` or a step's name.
        title: what it is.
        recording: path of its recording.
        comparison: with `before`; None for `before` itself and where that did not run.
        rungs: what the ladder shows of it.
    """

    name: str
    title: str
    recording: str
    report: RunReport
    comparison: Comparison | None
    checks: tuple[LabCheck, ...]
    rungs: tuple[Rung, ...] = ()


class LabResult(msgspec.Struct, frozen=True, kw_only=True):
    """A lab, run.

    Attributes:
        lab: its name.
        load: what was given to each variant, in a line.
        toolchain: what built the variants.
        variants: in the order they ran.
        components: what ran beside them, each with its release and origin.
        table: the article's, empty where `before` or `after` did not run.
    """

    lab: str
    title: str
    load: str
    toolchain: str
    variants: tuple[VariantResult, ...]
    components: tuple[str, ...] = ()
    table: tuple[ArticleLine, ...] = ()

    @property
    def failures(self) -> tuple[str, ...]:
        """The checks that did not hold, each with its variant, in a line."""
        return tuple(
            f"{variant.name}: {check.name}: {check.detail}"
            for variant in self.variants
            for check in variant.checks
            if not check.passed
        )
