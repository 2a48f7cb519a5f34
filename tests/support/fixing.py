"""Patches of real rules for small sources, without a recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from heapwise.diagnose.found import Found
from heapwise.diagnose.source.examine import in_source
from heapwise.diagnose.source.match import Edit
from heapwise.diagnose.source.tree import SourceTree
from heapwise.fix.diff import unified
from heapwise.fix.go_tools import GoTools
from heapwise.fix.plan import Planner
from heapwise.fix.proposal import Proposal, Source
from heapwise.fix.render import Renderer

GO_MOD = b"module example.com/small\n\ngo 1.24\n"


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


class Small:
    """A source directory and what the rules find in it.

    Attributes:
        found: by the rules with the codes asked for, or by all, in the order of files and lines.
    """

    def __init__(
        self, folder: Path, *codes: str, runtime: str = "go", tools: GoTools | None = None
    ) -> None:
        self.tree = SourceTree(folder, runtime)
        self.source = Source(self.tree.root, Renderer(runtime, tools))
        self.tools = tools
        known = (each for each in in_source(self.tree) if not codes or each.rule.CODE in codes)
        self.found = sorted(known, key=_place)

    def propose(self, found: Sequence[Found] | None = None) -> tuple[Proposal, ...]:
        """A proposal for every finding."""
        known = self.found if found is None else found
        return Planner(self.tree, self.source, self.tools).propose(known, range(1, len(known) + 1))

    def diff(self, *proposals: Proposal) -> bytes:
        """One diff of some proposals."""
        after = self.source.after(proposals)
        return unified(self.source.originals(after), after)

    def write(self, *proposals: Proposal) -> None:
        """Write some proposals, or all of them, into the source."""
        after = self.source.after(proposals or self.propose())
        write(self.tree.root, after)

    def after(self, path: str, *proposals: Proposal) -> str:
        """A file with some proposals in it."""
        return self.source.after(proposals or self.propose())[path].decode()


def _place(found: Found) -> tuple[str, int]:
    place = found.finding.place
    assert place is not None
    return place.file, place.line


def found_with(found: Found, edits: Sequence[Edit], *imports: str) -> Found:
    """A finding whose rule offers other edits."""
    assert found.match is not None
    match = replace(found.match, edits=tuple(edits), imports=imports)
    return replace(found, match=match, finding=msgspec.structs.replace(found.finding, fixable=True))
