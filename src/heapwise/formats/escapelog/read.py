"""Tells the forms of a log apart by looking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from heapwise.errors import ProfileError
from heapwise.formats.escapelog.collector import Collector
from heapwise.formats.escapelog.json_log import read_json
from heapwise.formats.escapelog.text_log import read_text
from heapwise.model.escape import EscapeLog

MAX_FILES = 100_000
"""A service with all of its dependencies has some thousands."""

MAX_BYTES = 2 << 30
"""Of all files together; the standard library's and a large service's are below 300 MB."""

_MADE_BY = "make one with go build -gcflags=all=-json=0,/absolute/dir"


def read(*paths: Path) -> EscapeLog:
    """Read logs of one build as one: directories of JSON files, single ones, or text.

    Lines that are damaged or mean nothing to us are counted in ``unread``.

    Raises:
        ProfileError: one cannot be read, or none has an entry.
    """
    log = Collector()
    left = MAX_BYTES
    for path in paths:
        for file in _files(path, log):
            left -= _read_file(file, log, left)
    found = log.log()
    if not found.entries:
        raise ProfileError(
            f"{', '.join(map(str, paths))} has no entry of the compiler's escape analysis",
            "",
            _MADE_BY,
        )
    return found


def _read_file(path: Path, log: Collector, most: int) -> int:
    """Read one file.

    Returns:
        Its bytes; 0 where there are more than ``most``.
    """
    try:
        size = path.stat().st_size
        if size > most:
            log.unread += 1
            return 0
        with path.open("rb") as lines:
            start = lines.peek(1)[:1]
            (read_json if start == b"{" else read_text)(lines, log)
    except OSError as error:
        raise ProfileError(f"{path} cannot be read", error.strerror or str(error)) from None
    return size


def _files(path: Path, log: Collector) -> Iterator[Path]:
    """A file itself, or the JSON files below a directory; links to folders are not followed."""
    if not path.is_dir():
        if not path.is_file():
            raise ProfileError(f"{path} is neither a file nor a directory", "", _MADE_BY)
        yield path
        return
    seen = 0
    for folder, below, names in os.walk(path):
        below.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if not name.endswith(".json") or not file.is_file():
                continue
            seen += 1
            if seen > MAX_FILES:
                log.unread += 1
                return
            yield file
