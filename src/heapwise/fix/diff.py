"""Unified diffs of bytes, as ``patch -p1`` and ``git apply`` take them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher, diff_bytes, unified_diff

from heapwise.diagnose.source.match import Edit

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
_NO_NEWLINE = b"\\ No newline at end of file\n"


def unified(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bytes:
    """What turns some files into others, by path; files that stay as they are are left out."""
    return b"".join(
        _one(path, before[path], after[path])
        for path in sorted(after)
        if before[path] != after[path]
    )


def _one(path: str, before: bytes, after: bytes) -> bytes:
    name = path.encode("utf-8", "surrogateescape")
    # A name with a blank in it ends where the tab is.
    end = b"\t" if b" " in name else b""
    lines = diff_bytes(
        unified_diff, _lines(before), _lines(after), b"a/" + name + end, b"b/" + name + end
    )
    return b"".join(line if line.endswith(b"\n") else line + b"\n" + _NO_NEWLINE for line in lines)


def edits_between(path: str, before: bytes, after: bytes) -> tuple[Edit, ...]:
    """Edits that turn a file into another, each of whole lines."""
    old, new = _lines(before), _lines(after)
    starts = _starts(old)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Edit(path, starts[a], starts[b], text_of(b"".join(new[c:d])))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    )


def edits_of_hunks(path: str, before: bytes, diff: bytes) -> tuple[Edit, ...]:
    """The edits of one file's unified diff, each of whole lines.

    Args:
        path: of the file, relative to the source directory.
        before: the file that the diff is of.
        diff: hunks; the lines before the first are skipped.
    """
    starts = _starts(_lines(before))
    edits: list[Edit] = []
    row, added, removed = 0, b"", 0
    inside = False
    for line in [*_lines(diff), b"@@ -1 +1 @@"]:
        kind = line[:1]
        if inside and kind == b"-":
            removed += 1
            continue
        if inside and kind == b"+":
            added += line[1:]
            continue
        if added or removed:
            edits.append(Edit(path, starts[row], starts[row + removed], text_of(added)))
            row, added, removed = row + removed, b"", 0
        if hunk := _HUNK.match(line):
            inside = True
            row = int(hunk[1]) - (1 if hunk[2] != b"0" else 0)
        elif inside and kind == b" ":
            row += 1
    return tuple(edits)


def text_of(data: bytes) -> str:
    """Bytes as text from which `bytes_of` makes the same bytes again."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """The bytes of a text."""
    return text.encode("utf-8", "surrogateescape")


def _lines(data: bytes) -> list[bytes]:
    """Lines with their ends: only a newline ends one, whatever else is in the text."""
    return re.findall(rb"[^\n]*\n|[^\n]+$", data)


def _starts(lines: list[bytes]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts
