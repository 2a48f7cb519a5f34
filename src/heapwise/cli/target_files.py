"""Targets and bodies as files and pipes hold them, read with limits."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from heapwise.errors import TargetError
from heapwise.formats.targets import http_targets, json_targets, parse_single, some
from heapwise.model.load import Target

MAX_INPUT = 256 << 20
"""Target files and bodies beyond this are surely a mistake."""

STDIN = frozenset({"-", "stdin"})
"""What stands for standard input; the second is vegeta's word."""

STDOUT = frozenset({"-", "stdout"})
"""What stands for standard output; the second is vegeta's word."""


def read_targets(
    words: tuple[str, ...], file: Path | None, form: str, *, most: int | None = None
) -> tuple[Target, ...]:
    """Targets from the command line, else from a file, else from standard input.

    Args:
        words: a target; none where it comes from elsewhere.
        file: of targets.
        form: of the file, ``http`` or ``json``.
        most: as many are wanted; what comes after them is not read.

    Raises:
        TargetError: there are none, or one is malformed; with file and line.
    """
    if words and file is not None:
        raise TargetError(
            f"targets from two places: {' '.join(words)!r} and {file}",
            hint="give a URL or -targets, not both",
        )
    if words:
        return (parse_single(" ".join(words)),)
    if file is None and sys.stdin.isatty():
        raise TargetError(
            "no target", hint="give one, as 'GET http://localhost:8080/', or -targets FILE"
        )
    if file is None or str(file) in STDIN:
        source, base = "standard input", Path.cwd()
    else:
        source, base = str(file), file.parent

    def read_body(name: str) -> bytes:
        # As with vegeta relative to where we run; beside the target file is the second guess.
        path = Path(name)
        return read_file(path if path.is_absolute() or path.exists() else base / path)

    with _opened(source) as stream:
        lines = _lines(stream, source)
        if form == "json":
            return some(islice(json_targets(lines, source=source), most), source)
        found = http_targets(lines, read_body=read_body, source=source)
        return some(islice(found, most), source)


def read_file(path: Path) -> bytes:
    """The bytes of a body.

    Raises:
        TargetError: it cannot be read, is no regular file, or is larger than `MAX_INPUT`.
    """
    try:
        if path.exists() and not path.is_file():
            raise TargetError(f"cannot read {path}", "it is not a file")
        if path.stat().st_size > MAX_INPUT:
            raise TargetError(f"cannot read {path}", "it is larger than 256 MiB")
        return path.read_bytes()
    except OSError as error:
        raise TargetError(f"cannot read {path}", error.strerror or str(error)) from None


def _opened(source: str) -> AbstractContextManager[BinaryIO]:
    if source == "standard input":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise TargetError(f"cannot read {source}", error.strerror or str(error)) from None


def _lines(stream: BinaryIO, source: str) -> Iterator[str]:
    """Lines as they come, of no more than `MAX_INPUT` bytes altogether."""
    left = MAX_INPUT
    number = 0
    while line := stream.readline(left + 1):
        left -= len(line)
        number += 1
        if left < 0:
            raise TargetError(f"{source} is larger than 256 MiB")
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise TargetError(
                f"{source}:{number}: not UTF-8 text", f"byte {error.start} of the line"
            ) from None
