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
    """

    bytes_per_work: Interval | None
    allocs_per_work: Interval | None
    bytes_share: Interval
    allocs_share: Interval
    hits: int
    live_bytes: int
    rows: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, where, why, and what to do.

    Attributes:
        code: ``HW101``; the same for every runtime.
        rule: the rule's name, after the pattern it finds.
        title: the problem in one line.
        where: the owner: function, and file:line where the profile has it.
        module: ``module@version`` the owner belongs to, empty for the service's own code.
        evidence: the figures.
        why: why it allocates, in words.
        remedy: what to change.
        gain_bytes_per_work: bytes per unit of work expected to go.
        gain_allocs_per_work: objects per unit of work expected to go.
        holds_for: runtime versions and conditions in which the remedy was measured to gain.
        references: issues, changes and pages that back it.
        confidence: how sure the cause is.
    """

    code: str
    rule: str
    title: str
    where: str
    module: str
    evidence: Evidence
    why: str
    remedy: str
    gain_bytes_per_work: float | None
    gain_allocs_per_work: float | None
    holds_for: str
    references: tuple[str, ...]
    confidence: Confidence

    @property
    def cause(self) -> str:
        """Code and place: equal in two runs where it is the same finding.

        Lines move when code is fixed and a dependency's functions are renamed from one release to
        the next, so the place is the module without its version, or the function of own code.
        """
        return f"{self.code} {self.module.partition('@')[0] or self.where.partition(' ')[0]}"
