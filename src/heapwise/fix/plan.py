"""From findings to proposals: which have a patch, and why the others have none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from heapwise.diagnose.found import Found
from heapwise.diagnose.source.match import Match, Span
from heapwise.diagnose.source.tree import SourceTree, is_generated
from heapwise.fix.analyzers import ANALYZERS, rewritten
from heapwise.fix.bumps import bumped, command_of
from heapwise.fix.go_tools import GoTools
from heapwise.fix.place import UnpatchableError, must_be_writable
from heapwise.fix.proposal import Proposal, Source
from heapwise.fix.render import touch

_FOREIGN = frozenset({"vendor", "node_modules", "site-packages", "venv", ".venv"})

BY_HAND = "this takes a person: the remedy says what to change"
NOT_OFFERED = "no remedy measures true for this runtime"


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes proposals for the findings of one source directory.

    Attributes:
        tree: the source, as it was diagnosed.
        source: the same, with proposals in it.
        tools: Go's; None without a toolchain, and for other runtimes.
    """

    tree: SourceTree
    source: Source
    tools: GoTools | None

    def propose(self, found: Sequence[Found], chosen: Iterable[int]) -> tuple[Proposal, ...]:
        """A proposal for each finding that was chosen, by its number from 1.

        Of two that want the same bytes, the one that gains more is made.
        """
        made: list[Proposal] = []
        for number in sorted(chosen):
            proposal = self._one(number, found[number - 1])
            made.append(_after(proposal, made))
        return tuple(made)

    def _one(self, number: int, found: Found) -> Proposal:
        finding = found.finding
        bare = Proposal(number=number, finding=finding, command=command_of(finding.module))
        try:
            proposal = self._with_edits(bare, found)
            for path in proposal.files:
                self._must_be_ours(path, found.match)
            self.source.after([proposal])
        except UnpatchableError as error:
            return replace(bare, why=str(error))
        return proposal

    def _with_edits(self, bare: Proposal, found: Found) -> Proposal:
        """The edits of whoever can make them, best first.

        Raises:
            UnpatchableError: nobody can.
        """
        finding, match = found.finding, found.match
        if bare.command:
            return self._with_bump(bare)
        if not finding.remedy:
            raise UnpatchableError(finding.withheld or NOT_OFFERED)
        if match is None or not (match.edits or finding.code in ANALYZERS):
            raise UnpatchableError(BY_HAND)
        lines = self._function(match)
        known = rewritten(
            self.tools, self.source.root, finding.code, lines, self.source.before(lines.file)
        )
        if known is not None:
            analyzer, edits = known
            by = f"go fix -{analyzer.name}"
            return replace(bare, edits=edits, imports=analyzer.imports, by=by)
        if not match.edits:
            raise UnpatchableError(BY_HAND)
        return replace(bare, edits=match.edits, imports=match.imports)

    def _with_bump(self, bare: Proposal) -> Proposal:
        if self.tools is None:
            raise UnpatchableError("a Go toolchain is needed to change go.mod and go.sum")
        edits = bumped(self.tools, self.tree, bare.finding.module)
        return replace(bare, edits=edits, by=bare.command)

    def _function(self, match: Match) -> Span:
        file = self.tree.file(match.span.file)
        lines = file.function_lines(match.span.line) if file is not None else None
        return lines or match.span

    def _must_be_ours(self, path: str, match: Match | None) -> None:
        """Refuse what others own, and what is not what was diagnosed any more."""
        if not path.isprintable():
            raise UnpatchableError(f"{path!r} is no name for a patch")
        if foreign := _FOREIGN.intersection(PurePosixPath(path).parts):
            raise UnpatchableError(f"{path} is not the service's own: it lies in {min(foreign)}")
        must_be_writable(self.source.root, path)
        data = self.source.before(path)
        if is_generated(data):
            raise UnpatchableError(f"{path} is generated: change what generates it")
        file = self.tree.file(path) if match is not None else None
        if file is not None and file.data != data:
            raise UnpatchableError(f"{path} changed while it was diagnosed: run this again")


def _after(proposal: Proposal, made: Iterable[Proposal]) -> Proposal:
    """The proposal, or none where an earlier one changes the same bytes."""
    for other in made:
        if proposal.edits and proposal.edits == other.edits:
            why = f"the patch of finding {other.number} is this one's too"
            return replace(proposal, edits=(), command="", why=why, same_as=other.number)
        if any(touch(mine, its) for mine in proposal.edits for its in other.edits):
            why = f"finding {other.number} changes the same code: fix that first, then record again"
            return replace(proposal, edits=(), imports=(), why=why)
    return proposal
