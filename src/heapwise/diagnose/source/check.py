"""Whether the source that was given is what the service was built from.

A frame fits where its file is there, has its line, and the line is in the function that the
profile names. Another commit shows in all three.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from heapwise.analysis.allocation import CallSite
from heapwise.analysis.frames import Frame, RuntimeFrames
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.tree import SourceFile, SourceTree
from heapwise.model.diagnosis import Mismatch, SourceCheck

_OF_PACKAGE = re.compile(r"\.(?:init|glob\.)(?:\.|$)")
"""How Go names what sets the variables of a package, and the function literals in that."""

_WORDS = re.compile(r"[A-Za-z_]\w*")


def check_source(
    tree: SourceTree, sites: Iterable[CallSite], frames: RuntimeFrames, directory: str
) -> SourceCheck:
    """Hold the frames of the service's own code against the source.

    Args:
        tree: the source.
        sites: the call paths of a run.
        frames: how the runtime's frames are told apart.
        directory: as the user named it.
    """
    if not tree.paths:
        return SourceCheck(directory=directory, files=0, unread=unread(tree))
    total, wrong = 0.0, defaultdict[tuple[str, str], float](float)
    known: dict[Frame, tuple[str, str] | None] = {}
    for site in sites:
        own = next((frame for frame in site.path if _is_here(frame, frames)), None)
        if own is None:
            continue
        total += site.weight.size
        if own not in known:
            known[own] = _misfit(tree, own, frames)
        if (misfit := known[own]) is not None:
            wrong[misfit] += site.weight.size
    mismatches = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return SourceCheck(
        directory=directory,
        files=len(tree.paths),
        fits=1 - sum(wrong.values()) / total if total else None,
        mismatches=tuple(Mismatch(file, why, size / total) for (file, why), size in mismatches),
        unread=unread(tree),
    )


def _is_here(frame: Frame, frames: RuntimeFrames) -> bool:
    """Whether a frame's source is the service's own; a module's is elsewhere, and may well be."""
    file = frame.file
    elsewhere = not file or frames.module_of(file) or frames.vendored_of(file)
    return not elsewhere and frames.is_own(frame)


def unread(tree: SourceTree) -> tuple[tuple[str, str], ...]:
    """The files that were looked at and could not be used whole, so far."""
    damaged = ((file.path, why) for file in tree.opened() if (why := _damage(file)))
    return tuple(sorted({*((each.path, each.why) for each in tree.unread), *damaged}))


def _damage(file: SourceFile) -> str:
    if isinstance(file, GoFile):
        if not file.was_parsed or not file.has_error:
            return ""
        return f"partly: the grammar does not know what stands in line {file.error_line}"
    return f"not at all: {file.error}" if file.was_parsed and file.error else ""


def _misfit(tree: SourceTree, frame: Frame, frames: RuntimeFrames) -> tuple[str, str] | None:
    path = tree.find(frame.file, frames.package_of(frame.function))
    file = tree.file(path) if path is not None else None
    if path is None or file is None:
        return frame.file, "not there"
    lines = file.data.count(b"\n") + 1
    if frame.line > lines:
        return path, f"has {lines} lines, and the profile names line {frame.line}"
    name = file.function_name(frame.line)
    if (name and name not in _WORDS.findall(frame.function)) or (
        not name and isinstance(file, GoFile) and not _may_be_outside(file, frame)
    ):
        inside = name or "no function"
        return path, f"line {frame.line} is in {inside}, and the profile says {frame.function}"
    return None


def _may_be_outside(file: GoFile, frame: Frame) -> bool:
    """Whether a line in no function is no wonder: it sets a variable, or is not understood."""
    return file.has_error or _OF_PACKAGE.search(frame.function) is not None
