"""The findings of a diagnosis with their patches, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heapwise.errors import UsageError
from heapwise.fix.checks import Checks
from heapwise.fix.diff import unified
from heapwise.fix.go_checks import GoChecks
from heapwise.fix.go_tools import GoTools
from heapwise.fix.plan import Planner
from heapwise.fix.proposal import Proposal, Source
from heapwise.fix.python_checks import PythonChecks
from heapwise.fix.render import Renderer
from heapwise.record.diagnosis import Diagnosed
from heapwise.runtimes.go.toolchain import find_go


@dataclass(frozen=True, eq=False)
class Patches:
    """The findings of a diagnosis that were asked for, with their patches.

    Attributes:
        source: the directory, with proposals in it.
        tools: Go's; None without a toolchain, and for other runtimes.
        proposals: in the order of the findings.
    """

    source: Source
    tools: GoTools | None
    proposals: tuple[Proposal, ...]

    @classmethod
    def of(cls, diagnosed: Diagnosed, chosen: Iterable[int] | None = None) -> Patches:
        """Make the patches of a diagnosis with source.

        Args:
            diagnosed: its case has a source.
            chosen: numbers of findings, from 1; None for all.
        """
        assert diagnosed.case is not None  # noqa: S101 - said above
        tree = diagnosed.case.source
        assert tree is not None  # noqa: S101 - the same
        tools = GoTools.find() if tree.runtime == "go" else None
        source = Source(tree.root, Renderer(tree.runtime, tools))
        numbers = range(1, len(diagnosed.found) + 1) if chosen is None else chosen
        proposals = Planner(tree, source, tools).propose(diagnosed.found, numbers)
        return cls(source, tools, proposals)

    @property
    def made(self) -> tuple[Proposal, ...]:
        """Those that have a patch."""
        return tuple(each for each in self.proposals if each.edits)

    def diff(self, proposals: Sequence[Proposal]) -> bytes:
        """One unified diff of some of them together."""
        after = self.source.after(proposals)
        return unified(self.source.originals(after), after)

    def checks(self, runtime: str, test: str) -> Checks:
        """What the patches have to stand.

        Args:
            runtime: of the service.
            test: the user's test command; empty for the runtime's own, if it has one.

        Raises:
            ToolchainError: Go's programs are missing.
        """
        if runtime == "go":
            tools = self.tools or GoTools(find_go())
            return GoChecks(self.source.root, tools, test)
        return PythonChecks(self.source.root, test)


def numbers_of(
    diagnosed: Diagnosed, codes: Sequence[str], numbers: Sequence[int]
) -> tuple[int, ...] | None:
    """The numbers of the findings that were asked for; None for all of them.

    Raises:
        UsageError: there are no such findings.
    """
    if not codes and not numbers:
        return None
    known = [finding.code for finding in diagnosed.diagnosis.findings]
    wanted = {code.upper() for code in codes}
    listed = ", ".join(f"{number} {code}" for number, code in enumerate(known, 1)) or "none"
    for missing in [*sorted(wanted - set(known)), *(n for n in numbers if n > len(known))]:
        raise UsageError(f"{diagnosed.diagnosis.name} has no finding {missing}", f"it has {listed}")
    by_code = {number for number, code in enumerate(known, 1) if code in wanted}
    return tuple(sorted({*by_code, *numbers}))


def root_of(diagnosed: Diagnosed) -> Path:
    """The source directory, resolved."""
    assert diagnosed.case is not None  # noqa: S101 - diagnosed with source
    assert diagnosed.case.source is not None  # noqa: S101 - the same
    return diagnosed.case.source.root
