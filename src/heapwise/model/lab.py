"""What came out of a lab."""

from __future__ import annotations

import msgspec

from heapwise.model.comparison import Comparison
from heapwise.model.report import RunReport


class LabCheck(msgspec.Struct, frozen=True):
    """One thing a lab must show: what was expected, whether it held, what was seen."""

    name: str
    passed: bool
    detail: str


class VariantResult(msgspec.Struct, frozen=True, kw_only=True):
    """One variant of a lab, run.

    Attributes:
        name: ``before``, ``after``, ``control`` or a step's name.
        title: what it is.
        recording: path of its recording.
        comparison: with `before`; None for `before` itself and where that did not run.
    """

    name: str
    title: str
    recording: str
    report: RunReport
    comparison: Comparison | None
    checks: tuple[LabCheck, ...]


class LabResult(msgspec.Struct, frozen=True, kw_only=True):
    """A lab, run.

    Attributes:
        lab: its name.
        load: what was sent to each variant, in a line.
        toolchain: what built the variants.
        variants: in the order they ran.
    """

    lab: str
    title: str
    load: str
    toolchain: str
    variants: tuple[VariantResult, ...]

    @property
    def failures(self) -> tuple[str, ...]:
        """The checks that did not hold, each with its variant, in a line."""
        return tuple(
            f"{variant.name}: {check.name}: {check.detail}"
            for variant in self.variants
            for check in variant.checks
            if not check.passed
        )
