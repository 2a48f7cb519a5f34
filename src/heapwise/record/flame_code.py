"""The source text that a page shows beside its figures."""

from __future__ import annotations

from heapwise.model.flame import Frames
from heapwise.names import visible
from heapwise.record.source_files import SourceRoot

_AROUND = 4  # lines before and behind each that has figures
_MOST_CHARACTERS = 2_000_000  # altogether, or the page would be mostly text
_LONGEST = 400  # of a line: generated code has lines of megabytes


def code_of(frames: Frames, root: SourceRoot) -> dict[int, dict[int, str]]:
    """Lines with figures and those around them, by line, by index into the files of the frames.

    Files that do not lie below the root are left out, and whatever comes once there is too much.
    """
    wanted: dict[int, set[int]] = {}
    for file, line in sorted(zip(frames.file.tolist(), frames.line.tolist(), strict=True)):
        wanted.setdefault(file, set()).update(range(line - _AROUND, line + _AROUND + 1))
    code: dict[int, dict[int, str]] = {}
    left = _MOST_CHARACTERS
    for file, numbers in wanted.items():
        source = root.lines(frames.files[file]) or []
        lines = {
            number: _tidy(source[number - 1])
            for number in sorted(numbers)
            if 0 < number <= len(source)
        }
        left -= sum(map(len, lines.values()))
        if left < 0:
            break
        if lines:
            code[file] = lines
    return code


def _tidy(line: str) -> str:
    """Tabs stay, for the page to indent by; whatever else is not seen is spelled out."""
    return "\t".join(visible(part) for part in line[:_LONGEST].rstrip("\r").split("\t"))
