"""Which file of a compiler's log the frame of a profile means.

A service is seldom built where it is diagnosed: ``/build/app/main.go`` of the profile is
``/home/me/app/main.go``, ``main.go`` or ``example.org/app/main.go`` in the log.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath

from heapwise.analysis.frames import Frame, RuntimeFrames
from heapwise.model.escape import EscapeEntry, EscapeLog

_TOLD_BY = 2
"""A name and its folder tell a file; a name alone does so only within its package."""


class Places:
    """The files of a log, as profiles name them.

    Args:
        log: the compiler's.
        frames: how the runtime's frames are told apart.
        version: of the service's runtime. The standard library of another release has other
            lines, so that its entries would say nothing.
    """

    def __init__(self, log: EscapeLog, frames: RuntimeFrames, version: str = "") -> None:
        self._log = log
        self._frames = frames
        # What stands behind the release, as in `go1.27.3 X:nogreenteagc`, moves no line.
        ours, theirs = version.partition(" ")[0], log.version.partition(" ")[0]
        self._other_library = bool(ours and theirs and ours != theirs)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._found: dict[tuple[str, str], str | None] = {}
        for file in log.packages:
            self._by_name[_parts(file)[-1]].append(file)

    def entries(self, frame: Frame, line: int | None = None) -> tuple[EscapeEntry, ...]:
        """What was decided on a frame's line, or on another one of its file."""
        file = self.file(frame)
        return self._log.at(file, frame.line if line is None else line) if file else ()

    def covers(self, frame: Frame) -> bool:
        """Whether the package that a frame is of was logged.

        That a file is named is not enough: what is inlined from it is logged by the caller.
        """
        file = self.file(frame)
        if file is None:
            return False
        package = self._frames.package_of(frame.function)
        return package in self._log.packages[file] or self._is_local(frame)

    def _is_local(self, frame: Frame) -> bool:
        """Whether a frame is of the main module."""
        return self._frames.is_own(frame) and not self._frames.module_of(frame.file)

    def file(self, frame: Frame) -> str | None:
        """The name that the log has for a frame's file; None where it has none."""
        key = frame.function, frame.file
        if key not in self._found:
            self._found[key] = self._find(frame) if frame.file else None
        return self._found[key]

    def _find(self, frame: Frame) -> str | None:
        if self._other_library and self._frames.is_library(frame.function, frame.file):
            return None
        if frame.file in self._log.packages:
            return frame.file
        parts = _parts(frame.file)
        package = self._frames.package_of(frame.function)
        ranked: dict[tuple[int, bool], list[str]] = defaultdict(list)
        for file in self._by_name.get(parts[-1], ()):
            shared, mine = _shared(parts, _parts(file)), package in self._log.packages[file]
            told = shared >= _TOLD_BY or mine or self._is_whole(frame, file, shared)
            if told and self._same_release(frame.file, file):
                ranked[shared, mine].append(file)
        best = ranked[max(ranked)] if ranked else []
        return best[0] if len(best) == 1 else None

    def _same_release(self, file: str, other: str) -> bool:
        """Whether two files are of one release of a module, as far as their names tell."""
        one, another = self._frames.module_of(file), self._frames.module_of(other)
        return not one or not another or one == another

    def _is_whole(self, frame: Frame, file: str, shared: int) -> bool:
        """Whether all of a name matches that is relative to where the build ran."""
        return shared == len(_parts(file)) and self._is_local(frame)


def _parts(file: str) -> tuple[str, ...]:
    return PurePosixPath(file.replace("\\", "/")).parts or ("",)


def _shared(ours: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    """How many elements two paths have in common at their ends."""
    count = 0
    for one, other in zip(reversed(ours), reversed(theirs), strict=False):
        if one != other:
            break
        count += 1
    return count
