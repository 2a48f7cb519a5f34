"""What a variant must show, and what the article says that it showed there."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from heapwise.lab.spec.strict import Strict
from heapwise.model.comparison import Verdict
from heapwise.model.metrics import CATALOGUE

_FINDING = re.compile(r"HW\d{3}")


class MetricExpectation(Strict, frozen=True, kw_only=True):
    """What a metric must do against `before`.

    Attributes:
        verdict: as `heapwise compare` words it; None where any will do.
        delta: least and most relative change, -0.5 for halved; None where any will do.
    """

    verdict: Verdict | None = None
    delta: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.verdict is None and self.delta is None:
            raise ValueError("a verdict or a delta must be given")
        if self.delta is not None and not self.delta[0] <= self.delta[1]:
            raise ValueError("delta must be [least, most]")


class Exit(StrEnum):
    """How a program ends."""

    OK = "ok"
    """By itself, with code 0."""
    KILLED = "killed"
    """By its limit of memory: the kernel ended it, or refused what it asked for."""
    FAILED = "failed"
    """In any other way."""


class Expectation(Strict, frozen=True, kw_only=True):
    """What a variant must show.

    Attributes:
        findings: codes on top of its findings, in any order; any other code that `before` must
            show must not be found. None where findings do not matter.
        metrics: by the catalogue's id, against `before`.
        fixes: code of a finding of an earlier variant that is fixed here: the bytes that it
            promised to be gained must be gained; empty where none is.
        guard: False where the variant is there to show the guard failing.
        exit: how it ends; of jobs.
        headroom: share of its limit of memory that it leaves at its peak; of jobs within one.
    """

    findings: tuple[str, ...] | None = None
    metrics: dict[str, MetricExpectation] = msgspec.field(default_factory=dict)
    fixes: str = ""
    guard: bool = True
    exit: Exit = Exit.OK
    headroom: float = 0.0

    def __post_init__(self) -> None:
        for code in (*(self.findings or ()), *filter(None, (self.fixes,))):
            if not _FINDING.fullmatch(code):
                raise ValueError(f"findings must be codes, as 'HW101', not {code!r}")
        if not 0 <= self.headroom < 1:
            raise ValueError("headroom must be a share of the limit, as 0.2")
        for metric in self.metrics:
            if metric not in CATALOGUE:
                raise ValueError(f"no such metric: {metric!r}; one of {', '.join(CATALOGUE)}")


class ArticleRow(Strict, frozen=True, kw_only=True):
    """A row of the article's table.

    Attributes:
        row: its title.
        article: what it says of before and after, as written there.
        metric: what we hold against it: an id of the catalogue, or a figure that the job prints.
    """

    row: str
    article: tuple[str, str]
    metric: str
