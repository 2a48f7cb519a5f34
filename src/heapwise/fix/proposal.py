"""A finding and the edits that mend it, or why there are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from heapwise.diagnose.source.match import Edit
from heapwise.fix.place import read
from heapwise.fix.render import Renderer
from heapwise.model.finding import Finding

OURS = "heapwise"
"""Made the patch itself, from the rule that found the pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be done about one finding.

    Attributes:
        number: of the finding, from 1.
        edits: the patch; empty where there is none.
        imports: that the edits need.
        by: what made the patch.
        why: there is no patch; empty where there is.
        command: to type instead.
        same_as: the number of an earlier finding, whose patch is this one's too; 0 for none.
    """

    number: int
    finding: Finding
    edits: tuple[Edit, ...] = ()
    imports: tuple[str, ...] = ()
    by: str = OURS
    why: str = ""
    command: str = ""
    same_as: int = 0

    @property
    def files(self) -> tuple[str, ...]:
        """What it changes, each once."""
        return tuple(sorted({edit.file for edit in self.edits}))


@dataclass(eq=False)
class Source:
    """The source directory as it was when it was diagnosed, and with proposals in it.

    Attributes:
        root: resolved.
        renderer: puts edits into files.
    """

    root: Path
    renderer: Renderer
    _before: dict[str, bytes] = field(default_factory=dict)

    def before(self, path: str) -> bytes:
        """A file as it was first read.

        Raises:
            UnpatchableError: it cannot be read, or is none of this directory.
        """
        if path not in self._before:
            self._before[path] = read(self.root, path)
        return self._before[path]

    def originals(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Some files as they were first read."""
        return {path: self.before(path) for path in paths}

    def after(self, proposals: Iterable[Proposal]) -> Mapping[str, bytes]:
        """The files that some proposals change, with all of these in them.

        Raises:
            UnpatchableError: together they make no source.
        """
        chosen = list(proposals)
        files = sorted({path for each in chosen for path in each.files})
        return {path: self._rendered(path, chosen) for path in files}

    def _rendered(self, path: str, proposals: list[Proposal]) -> bytes:
        here = [each for each in proposals if path in each.files]
        edits = [edit for each in here for edit in each.edits if edit.file == path]
        imports = {each for proposal in here for each in proposal.imports}
        return self.renderer.file(path, self.before(path), edits, imports)
