"""Patches for findings: what they change, what became of them, and what they gained."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from heapwise.model.finding import Finding


class FixState(StrEnum):
    """What became of the patch of a finding."""

    PROPOSED = "proposed"
    """It was shown, and nothing was written."""
    APPLIED = "applied"
    ROLLED_BACK = "rolled back"
    """It was tried, and the source is as it was before."""
    NO_PATCH = "no patch"


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """One finding and its patch.

    Attributes:
        number: of the finding, from 1, as ``--finding`` takes it.
        state: see `FixState`.
        by: what made the patch: ``heapwise``, ``go fix -stringsbuilder``, ``go get M@V``.
        diff: of the patch alone, against the source as it was diagnosed; empty without one.
        files: that it changes, relative to the source directory.
        why: there is no patch, or it was rolled back; empty otherwise.
        command: to type instead, where there is one.
        same_as: the number of the finding whose patch mends this one too; 0 for none.
    """

    number: int
    finding: Finding
    state: FixState
    by: str = ""
    diff: str = ""
    files: tuple[str, ...] = ()
    why: str = ""
    command: str = ""
    same_as: int = 0


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """A cost per unit of work, foretold and measured.

    Attributes:
        metric: `Metric.id`.
        name: as printed: ``B/req``.
        before: median of the rounds before; None where it was not measured.
        after: the same behind the patches.
        predicted: what the findings promised to go, in the metric's unit; None for no promise.
        measured: what went.
        ratio: measured over predicted, 1 for a promise that was kept; None without one of them, or
            for a promise below a hundredth of what was made before.
        verdict: as `Verdict` prints.
    """

    metric: str
    name: str
    unit: str
    before: float | None
    after: float | None
    predicted: float | None
    measured: float | None
    ratio: float | None
    verdict: str


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of the recording's load, without and with some patches.

    Attributes:
        numbers: of the findings whose patches were in.
        directory: of the verification, as ``heapwise report`` and ``gate`` take it.
        rounds: of each side.
        gains: bytes and objects per unit of work.
        gained: the patches stay.
        decided: the rounds told whether anything was gained.
        why: they do not stay, or the verdict in a sentence.
    """

    numbers: tuple[int, ...]
    directory: str
    rounds: int
    gains: tuple[Gain, ...]
    gained: bool
    decided: bool
    why: str


class FixReport(msgspec.Struct, frozen=True, kw_only=True):
    """The patches for a recording's findings.

    Attributes:
        recording: its name.
        source: the directory, as typed.
        runtime: ``go``, ``python``.
        work_unit: what work is counted in.
        fixes: a finding each, the most worthwhile first.
        proofs: what was verified, in order.
        notes: what else has to be known of the source.
        next_command: what to type next.
    """

    recording: str
    source: str
    runtime: str
    work_unit: str
    fixes: tuple[Fix, ...]
    proofs: tuple[Proof, ...] = ()
    notes: tuple[str, ...] = ()
    next_command: str = ""
