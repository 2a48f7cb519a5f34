"""The corpus of tests/data/rules: small sources in which every finding is marked.

``tests/data/rules/<CODE>/<runtime>/<positive|negative|near-miss>/`` is one source directory each.
A line that a rule must point at ends in a comment ``want HW401`` (several codes are separated by
blanks); every other line must be left alone by every rule there is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from heapwise.diagnose.source.examine import in_source
from heapwise.diagnose.source.tree import SourceTree

CORPUS = Path(__file__).parents[1] / "data" / "rules"
KINDS = ("positive", "negative", "near-miss")
_WANT = re.compile(rb"(?://|#)\s*want((?:\s+HW\d{3})+)\s*$")


class Marked(NamedTuple):
    """A finding: expected by a comment, or made by a rule."""

    file: str
    line: int
    code: str


class Fixture(NamedTuple):
    """One source directory of the corpus."""

    code: str
    runtime: str
    kind: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.code}-{self.runtime}-{self.kind}"

    def tree(self) -> SourceTree:
        return SourceTree(self.folder, self.runtime)

    def wanted(self) -> set[Marked]:
        """What the comments say."""
        tree = self.tree()
        return {
            Marked(path, number, code)
            for path in tree.paths
            for number, line in enumerate((self.folder / path).read_bytes().splitlines(), start=1)
            if (found := _WANT.search(line))
            for code in found[1].decode().split()
        }

    def found(self) -> set[Marked]:
        """What all the rules say."""
        return {
            Marked(place.file, place.line, each.rule.CODE)
            for each in in_source(self.tree())
            if (place := each.finding.place) is not None
        }


def fixtures() -> list[Fixture]:
    """Every source directory of the corpus."""
    return [
        Fixture(*kind.relative_to(CORPUS).parts, kind) for kind in sorted(CORPUS.glob("HW*/*/*"))
    ]
