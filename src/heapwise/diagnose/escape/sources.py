"""Source of the lines that allocate: the service's, and of libraries what the log names."""

from __future__ import annotations

import re
from pathlib import Path

from heapwise.analysis.frames import Frame, RuntimeFrames
from heapwise.diagnose.escape.places import Places
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_module import GoModule, GoPackage
from heapwise.diagnose.source.go_syntax import ancestors
from heapwise.diagnose.source.tree import MAX_FILE, SourceTree
from heapwise.model.escape import Position

_LITERAL = re.compile(r"\.(?:func)?\d+(?=\.|$)")
"""How a profile names function literals: ``main.page.func1.2``, ``init.func3``."""


class Sources:
    """Parsed files by frame.

    Only files of the source directory and of the log are read: a profile may name anything.
    """

    def __init__(self, places: Places, frames: RuntimeFrames, tree: SourceTree | None) -> None:
        self._places = places
        self._frames = frames
        self._tree = tree
        self._found: dict[tuple[str, str], GoFile | None] = {}
        self._parsed: dict[str, GoFile | None] = {}

    def file(self, frame: Frame) -> GoFile | None:
        """The file that a frame lies in; None where it is not at hand."""
        key = frame.function, frame.file
        if key not in self._found:
            self._found[key] = self._in_tree(frame) or self._of_log(frame)
        return self._found[key]

    def place(self, frame: Frame) -> str | None:
        """The place of a frame's file below the source directory; None where it is not there."""
        if self._tree is None or self._frames.is_library(frame.function, frame.file):
            return None
        return self._tree.find(frame.file, self._frames.package_of(frame.function))

    def same_function(self, frame: Frame, line: int) -> bool:
        """Whether another line is of the same function; without source nothing speaks against."""
        file = self.file(frame)
        if file is None:
            return True
        span = file.function_lines(frame.line)
        return span is not None and span.line <= line <= span.end_line

    def in_same_literal(self, frame: Frame, at: Position) -> bool:
        """Whether a place on a frame's line is as deep in function literals as the frame.

        ``pool := sync.Pool{New: func() any { return new(T) }}`` is a line of two functions.
        """
        file = self.file(frame)
        if file is None:
            return True
        point = (at.line - 1, max(0, at.column - 1))
        node = file.root.descendant_for_point_range(point, point)
        around = [] if node is None else [node, *ancestors(node)]
        # The literal itself is made by the function around it.
        inside = [
            each for each in around if each.type == "func_literal" and point != each.start_point
        ]
        return len(inside) == len(_LITERAL.findall(frame.function))

    def _in_tree(self, frame: Frame) -> GoFile | None:
        path = self.place(frame)
        file = self._tree.file(path) if self._tree is not None and path is not None else None
        return file if isinstance(file, GoFile) else None

    def _of_log(self, frame: Frame) -> GoFile | None:
        name = self._places.file(frame)
        if name is None:
            return None
        if name not in self._parsed:
            self._parsed[name] = _read(Path(name))
        return self._parsed[name]


def _read(path: Path) -> GoFile | None:
    """A file by its absolute name; a log with relative ones is of the service's own source."""
    try:
        if not (path.is_absolute() and path.suffix == ".go" and path.is_file()):
            return None
        data = path.read_bytes() if path.stat().st_size <= MAX_FILE else None
    except (OSError, ValueError):
        return None
    if data is None:
        return None
    return GoPackage("", GoModule(), {path.name: data}).file(path.name)
