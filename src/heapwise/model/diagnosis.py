"""A recording and its source, diagnosed; or source alone."""

from __future__ import annotations

import msgspec

from heapwise.model.escape import EscapeCoverage
from heapwise.model.finding import Finding, Interval
from heapwise.model.recording import Problem
from heapwise.model.work import PerWork


class Mismatch(msgspec.Struct, frozen=True):
    """A file whose source is not what the service was built from.

    Attributes:
        file: relative to the source directory, or as the profile names it where it is not there.
        why: ``not there``, or what does not fit.
        bytes_share: of what the service's own code allocates, through such lines.
    """

    file: str
    why: str
    bytes_share: float


class SourceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How well the source that was given fits a recording.

    Attributes:
        directory: as given.
        files: source files in it.
        fits: share of the bytes of the service's own code whose lines are there, in the function
            that the profile names; None without a recording.
        mismatches: the rest by file, heaviest first.
        unread: files that could not be read or parsed whole, each with the reason.
    """

    directory: str
    files: int
    fits: float | None = None
    mismatches: tuple[Mismatch, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, the most worthwhile first, and how much of it is known.

    Attributes:
        name: of the recording, or of the directory.
        runtime: ``go``, ``python``.
        version: of the runtime, as ``go1.27.3``; empty if unknown.
        work_unit: what work is counted in.
        per_work: the exact costs; None without a recording or counters.
        findings: ranked by expected gain.
        floor: bytes per unit of work on paths without the service's own code or a dependency's:
            what the runtime's library does for a request whatever the service does.
        gc_share: of the service's CPU time, that collecting takes; None if unknown.
        source: how well the source fits; None where none was given.
        escape: how much of the bytes the compiler's log explains; None without a log.
        limits: what could be said in addition, and with what.
        problems: what spoils or limits the figures.
        next_command: what to type next.
    """

    name: str
    runtime: str
    version: str
    work_unit: str
    per_work: PerWork | None
    findings: tuple[Finding, ...]
    floor: Interval | None = None
    gc_share: float | None = None
    source: SourceCheck | None = None
    escape: EscapeCoverage | None = None
    limits: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    next_command: str = ""
