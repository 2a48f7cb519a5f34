"""Rounds of two sides: what was planned, what was done, and what came of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from heapwise.model.comparison import Comparison
from heapwise.model.finding import Finding
from heapwise.model.recording import Machine, Problem, Scope

FORMAT = 1
"""Version of ``verify.json``."""

BASE, NEW, ABLATED = "base", "new", "ablated"
"""The sides; the third is the service entirely without what is being improved."""


WORK_TREES = "heapwise-verify-"
"""How the folders begin that revisions are built in, each side in one of its name."""


class SideKind(StrEnum):
    """Where a side's service comes from."""

    COMMAND = "command"
    """heapwise starts it for every round."""
    URL = "url"
    """It runs already."""
    REVISION = "revision"
    """heapwise checks it out and builds it, and starts it for every round."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the things that are compared.

    Attributes:
        name: `BASE`, `NEW` or `ABLATED`.
        kind: see `SideKind`.
        command: that starts it, as typed; secrets redacted. Empty for a URL.
        url: origin the load goes to; empty for the origins of the plan's targets.
        service: its debug endpoint; empty to look for it.
        revision: as typed: a branch, a tag.
        commit: that it named.
        subject: of the commit, its first line.
    """

    name: str
    kind: SideKind
    command: str = ""
    url: str = ""
    service: str = ""
    revision: str = ""
    commit: str = ""
    subject: str = ""

    @property
    def title(self) -> str:
        """For people: the command, the URL, or the revision with its commit."""
        if self.kind is SideKind.REVISION:
            return f"{self.revision} ({self.commit[:10]} {self.subject})"
        return self.command or self.url

    @property
    def label(self) -> str:
        """In a word: the revision, or the side's name."""
        return self.revision or self.name


class FileChange(msgspec.Struct, frozen=True):
    """A file that two revisions have differently; lines are 0 for what is no text."""

    path: str
    added: int
    removed: int


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """The repository that verify was called in.

    Attributes:
        commit: checked out.
        dirty: files differ from it.
    """

    commit: str
    dirty: bool


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the rounds are made; fixed before the first one.

    Attributes:
        rounds: of each side; with `until_decided` the most there may be.
        cooldown_ns: between two runs.
        until_decided: stop once every primary metric is decided.
        budget_ns: no run begins that would end after so long; 0 is no limit.
        looks: rounds after which the figures are looked at; the last is the end.
        max_repeats: invalid runs that may be made again, altogether.
        alpha: chance of a false alarm over the primary metrics, all looks together.
        min_effect: relative changes below it do not count.
        keep_recordings: else only what was analysed of each.
        interval_ns: longest time between two readings of a service's counters.
        build: command that builds a revision; empty for none.
        predicted: relative change that was foretold, by metric.
    """

    rounds: int = 6
    cooldown_ns: int = 2_000_000_000
    until_decided: bool = False
    budget_ns: int = 0
    looks: tuple[int, ...] = ()
    max_repeats: int = 6
    alpha: float = 0.05
    min_effect: float = 0.02
    keep_recordings: bool = True
    interval_ns: int = 1_000_000_000
    build: str = ""
    predicted: dict[str, float] = {}

    def __post_init__(self) -> None:
        """Refuse a file on which no number of rounds would ever decide."""
        if not 0 < self.alpha < 1 or not 0 <= self.min_effect <= 1:
            raise ValueError("alpha and the minimum effect lie between 0 and 1")


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one side.

    Attributes:
        round: it belongs to, from 1.
        side: its name.
        number: 1, and more for repetitions.
        recording: its directory, relative to the verification's.
        created: ISO 8601.
        seconds: it took, start of the service and cool-down included.
        load1: how many tasks wanted a processor when it began, the last minute's mean.
        scope: the widest of the figures that must not be trusted.
        spoiled: why, a sentence each; empty for a good run.
        interrupted: stopped by the user; its figures are in nothing.
    """

    round: int
    side: str
    number: int
    recording: str
    created: str
    seconds: float
    load1: float = 0.0
    scope: Scope = Scope.NONE
    spoiled: tuple[str, ...] = ()
    interrupted: bool = False


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The figures were compared before the end, which is paid for.

    Attributes:
        number: from 1.
        rounds: there were of each side.
        alpha: that this look may spend.
        undecided: primary metrics that could not be decided.
    """

    number: int
    rounds: int
    alpha: float
    undecided: tuple[str, ...]


class VerifyState(msgspec.Struct, frozen=True, kw_only=True):
    """``verify.json``: everything needed to go on, and to tell how it was measured.

    Attributes:
        format: `FORMAT`.
        tool: version of heapwise.
        created: ISO 8601.
        argv: secrets redacted.
        redacted: what of plan and commands was not kept, as ``header Authorization``.
        sides: base, new and perhaps ablated.
        attempts: in the order they were made.
        warnings: seen before the first run: two changes at once and their like.
        changed: files that differ between two revisions.
        checkout: None outside a repository.
        stopped: why no more rounds are made; empty while there are more to come.
    """

    format: int
    tool: str
    created: str
    argv: tuple[str, ...]
    machine: Machine
    sides: tuple[Side, ...]
    settings: Settings
    redacted: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    looks: tuple[Look, ...] = ()
    warnings: tuple[Problem, ...] = ()
    changed: tuple[FileChange, ...] = ()
    checkout: Checkout | None = None
    hypothesis: str = ""
    prediction: str = ""
    stopped: str = ""

    def __post_init__(self) -> None:
        """Refuse a file whose sides are no comparison."""
        if [side.name for side in self.sides] not in ([BASE, NEW], [BASE, NEW, ABLATED]):
            raise ValueError("the sides are base, new and perhaps ablated")


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a finished verification tells.

    Attributes:
        name: of its directory.
        directory: as named on the command line.
        state: how it was measured.
        comparison: base against new.
        ablation: base against the service entirely without; None where there is no such side.
        warnings: those of the state, and what the runs themselves showed.
        decided: every primary metric is better, worse or the same.
        counted: recordings that the comparison is made of.
        next_command: what to type next.
        left: findings of the new side; empty is the floor, None where none could be diagnosed.
    """

    name: str
    directory: str
    state: VerifyState
    comparison: Comparison
    ablation: Comparison | None
    warnings: tuple[Problem, ...]
    decided: bool
    counted: tuple[str, ...]
    next_command: str
    left: tuple[Finding, ...] | None = None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A metric in the notebook.

    Attributes:
        metric: `Metric.id`.
        name: as printed.
        unit: of before and after.
        verdict: as `Verdict` prints.
        p: corrected where it was; None without.
    """

    metric: str
    name: str
    unit: str
    before: float | None
    after: float | None
    delta: float | None
    verdict: str
    p: float | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One experiment in the notebook, a line of ``heapwise-log.jsonl``.

    Attributes:
        at: ISO 8601.
        hypothesis: what the cause was thought to be.
        change: what was changed, in a line.
        files: that differ between two revisions.
        prediction: what was expected to come of it.
        result: the verdict in a sentence.
        primary: the questions that were asked.
        side_effects: other metrics and guards that moved.
        warnings: two changes at once and their like.
        machine: its fingerprint.
        directory: of the verification, relative to the notebook where it lies below it.
        rounds: of each side.
    """

    at: str
    hypothesis: str
    change: str
    files: tuple[FileChange, ...]
    prediction: str
    result: str
    primary: tuple[Moved, ...]
    side_effects: tuple[Moved, ...]
    warnings: tuple[str, ...]
    machine: str
    directory: str
    rounds: tuple[int, int]


class Notebook(msgspec.Struct, frozen=True):
    """Every entry, the newest last.

    Attributes:
        damaged: lines that could not be read.
    """

    entries: tuple[Entry, ...]
    damaged: int = 0
