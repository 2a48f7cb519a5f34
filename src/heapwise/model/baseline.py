"""What later runs are held against: the rounds of one state of the code, without their raw data."""

from __future__ import annotations

import msgspec

from heapwise.model.report import RunReport

FORMAT = 1
"""Version of the baseline format this code writes."""


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """One baseline, as it is kept in a repository.

    Attributes:
        format: `FORMAT`.
        tool: version of heapwise that made it.
        name: what it is a baseline of: a branch, a release.
        saved: ISO 8601.
        fingerprint: of the machine; timings of another one are not compared.
        revision: of the repository it was saved in; empty outside one.
        rounds: reports without timelines, profiles and tails.
    """

    format: int
    tool: str
    name: str
    saved: str
    fingerprint: str
    revision: str
    rounds: tuple[RunReport, ...]


class Baselines(msgspec.Struct, frozen=True):
    """The baselines of a folder, in order of their names."""

    baselines: tuple[Baseline, ...]
