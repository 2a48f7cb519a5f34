"""A diagnosed problem."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Confidence(StrEnum):
    """How sure a finding is of its cause."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Interval(msgspec.Struct, frozen=True):
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured at the place of a finding.

    Attributes:
        bytes_per_work: bytes allocated per unit of work, with interval.
        allocs_per_work: objects per unit of work, with interval.
        bytes_share: share of all bytes the service allocated, with interval.
        allocs_share: share of all sampled objects.
        hits: sampled events the figures are built on.
        live_bytes: bytes still reachable at the end of the run.
        rows: the call paths it rests on, heaviest first, each as ``caller > … > allocator``.
        cpu_share: share of the service's CPU time spent below those lines; None without a CPU
            profile.
        gc_cpu_share: share of the service's CPU time that collecting these bytes takes: theirs of
            all bytes, of what the collector takes; None where that is unknown.
        of_function: the figures are of the whole function, since the defect is no allocation.
    """

    bytes_per_work: Interval | None
    allocs_per_work: Interval | None
    bytes_share: Interval
    allocs_share: Interval
    hits: int
    live_bytes: int
    rows: tuple[str, ...]
    cpu_share: float | None = None
    gc_cpu_share: float | None = None
    of_function: bool = False


class Place(msgspec.Struct, frozen=True):
    """Lines of the source that was given.

    Attributes:
        file: relative to its directory, with forward slashes.
        line: the first, from 1.
        end_line: the last.
    """

    file: str
    line: int
    end_line: int


class Sketch(msgspec.Struct, frozen=True):
    """The user's own lines, and how they could read instead; not meant to be complete."""

    before: str
    after: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, where, why, and what to do.

    Attributes:
        code: ``HW101``; the same for every runtime.
        rule: the rule's name, after the pattern it finds.
        title: the problem in one line.
        where: the owner: function, and file:line where the profile has it.
        module: ``module@version`` the owner belongs to, empty for the service's own code.
        evidence: the figures; None where source was read without a recording, or did not run.
        why: why it allocates, in words.
        remedy: what to change; empty where nothing that measures true is known for this runtime.
        withheld: why no remedy, or no patch, is offered for it; empty where that needs no reason.
        gain_bytes_per_work: bytes per unit of work expected to go.
        gain_allocs_per_work: objects per unit of work expected to go.
        holds_for: runtime versions and conditions in which the remedy was measured to gain.
        references: issues, changes and pages that back it.
        confidence: how sure the cause is.
        place: where in the source that was given, if only in the go.mod that requires the module;
            None without.
        sketch: for those lines.
        flow: why the compiler puts it on the heap, a step each; empty where that is not known.
        cpu_bound: the largest share of the service's CPU time that can go with it: Amdahl's bound,
            of `Evidence.cpu_share` and `Evidence.gc_cpu_share`; None without a CPU profile.
        fixable: ``heapwise fix`` has a patch for it.
        shares_gain_with: codes of findings before it that claim the same bytes.
    """

    code: str
    rule: str
    title: str
    where: str
    module: str
    evidence: Evidence | None
    why: str
    remedy: str
    gain_bytes_per_work: float | None
    gain_allocs_per_work: float | None
    holds_for: str
    references: tuple[str, ...]
    confidence: Confidence
    place: Place | None = None
    sketch: Sketch | None = None
    flow: tuple[str, ...] = ()
    cpu_bound: float | None = None
    fixable: bool = False
    withheld: str = ""
    shares_gain_with: tuple[str, ...] = ()

    @property
    def cause(self) -> str:
        """Code and place: equal in two runs where it is the same finding.

        Lines move when code is fixed and a dependency's functions are renamed from one release to
        the next, so the place is the module without its version, or the function of own code.
        """
        return f"{self.code} {self.module.partition('@')[0] or self.where.partition(' ')[0]}"
