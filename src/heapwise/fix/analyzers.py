"""Rewrites that the Go toolchain knows itself: ``go fix``, kept to the function that is hot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from heapwise.diagnose.source.match import Edit, Span
from heapwise.fix.diff import edits_between, edits_of_hunks
from heapwise.fix.go_imports import go_file
from heapwise.fix.go_tools import GoTools
from heapwise.fix.render import edited


class Analyzer(NamedTuple):
    """An analyzer of ``go fix``, and the import that what it writes needs."""

    name: str
    imports: tuple[str, ...]


ANALYZERS: Mapping[str, Analyzer] = {
    "HW403": Analyzer("stringsbuilder", ("strings",)),
    "HW406": Analyzer("stringscut", ("strings",)),
}
"""By the rule whose remedy they are."""

_HEAD = re.compile(rb"^--- (.+) \(old\)\n\+\+\+ .+ \(new\)\n", re.MULTILINE)


def rewritten(
    tools: GoTools | None, root: Path, code: str, lines: Span, before: bytes
) -> tuple[Analyzer, tuple[Edit, ...]] | None:
    """The analyzer's edits in one function; None where it is missing or has nothing to say there.

    Args:
        tools: Go's; None without a toolchain.
        root: the source directory, resolved.
        code: of the rule.
        lines: of the function, in a file of the directory.
        before: the file.
    """
    analyzer = ANALYZERS.get(code)
    if analyzer is None or tools is None or analyzer.name not in tools.analyzers:
        return None
    folder = root / PurePosixPath(lines.file).parent
    diff = tools.rewrites(folder, analyzer.name)
    hunks = _of_file(diff, (root / lines.file).as_posix().encode())
    edits = _in_function(lines, before, edited(before, edits_of_hunks(lines.file, before, hunks)))
    return (analyzer, edits) if edits else None


def _of_file(diff: bytes, path: bytes) -> bytes:
    """The hunks of one file."""
    heads = list(_HEAD.finditer(diff))
    for head, following in zip_longest(heads, heads[1:]):
        if head[1] == path:
            return diff[head.end() : following.start() if following is not None else len(diff)]
    return b""


def _in_function(lines: Span, before: bytes, after: bytes) -> tuple[Edit, ...]:
    """What is different in the function that begins at the first line.

    Hunks of Go's diffs run across functions, so the two versions of the function are compared.
    """
    old, new = (go_file(lines.file, data).functions for data in (before, after))
    for function, rewrote in zip(old, new, strict=False):
        if function.node.start_point.row + 1 == lines.line and function.name == rewrote.name:
            start = function.node.start_byte
            texts = (node.text or b"" for node in (function.node, rewrote.node))
            return tuple(
                Edit(edit.file, start + edit.start, start + edit.end, edit.text)
                for edit in edits_between(lines.file, *texts)
            )
    return ()
