"""What a rule recognised in source: lines, words for people, and perhaps a patch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from heapwise.model.finding import Confidence, Sketch


@dataclass(frozen=True, slots=True)
class Span:
    """Lines of one file.

    Attributes:
        file: relative to the source directory, with forward slashes.
        line: the first, from 1.
        end_line: the last.
    """

    file: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of a file and what is to stand there.

    Attributes:
        file: relative to the source directory, with forward slashes.
        start: of the piece, in bytes.
        end: of the piece, in bytes; equal to ``start`` where something is only added.
        text: what is to stand there.
    """

    file: str
    start: int
    end: int
    text: str


class Heat(StrEnum):
    """Which call paths are the cost of a match."""

    LINE = "line"
    """Those that pass through its lines: what the lines allocate or make others allocate."""
    FUNCTION = "function"
    """Those that pass through the function: of a defect that is no allocation, that it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A pattern in source, before anybody knows what it costs.

    Attributes:
        span: the lines whose allocations count, and where people are sent.
        function: that the lines are in, without its package: ``(*Server).page``, ``App.page``.
        title: the problem in one line: ``regexp.MustCompile runs at every call of handle``.
        why: why it allocates, for these lines, one or two sentences.
        remedy: what to change, for these lines.
        sketch: before and after, for these lines.
        saved: share of the span's bytes that is expected to go; None where that cannot be told.
        saved_allocs: share of the span's objects; None where that cannot be told.
        grows: what the span allocates are the arrays of slices that grow: their sizes in a run tell
            the share of the bytes better than ``saved``.
        callees: of the paths through the span, only those whose next frame towards the leaf begins
            with one of these (``fmt.``, ``regexp.MustCompile``); ``""`` stands for paths that end
            in the span itself. Empty: all of them.
        more: further lines where the same cause costs.
        heat: which call paths are the cost.
        edits: the patch; empty where a person has to think.
        imports: import paths that the patch needs; those it no longer needs are found by the tool.
        case: which of the rule's measured cases stands for these lines; empty for its main one.
        confidence: how sure the pattern is to be what it looks like.
        needs_evidence: without a recording it is not told: it costs little by itself, and the
            source does not show that it runs often, or how much it fills.
    """

    span: Span
    function: str
    title: str
    why: str
    remedy: str
    sketch: Sketch | None = None
    saved: float | None = None
    saved_allocs: float | None = None
    grows: bool = False
    callees: tuple[str, ...] = ()
    more: tuple[Span, ...] = ()
    heat: Heat = Heat.LINE
    edits: tuple[Edit, ...] = ()
    imports: tuple[str, ...] = ()
    case: str = ""
    confidence: Confidence = Confidence.HIGH
    needs_evidence: bool = False
