"""Targets and bodies as files and pipes hold them, read with limits."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from heapwise.errors import TargetError
from heapwise.formats.targets import http_targets, json_targets, parse_single, some
from heapwise.model.load import Target

MAX_INPUT = 256 << 20
"""Target files and bodies beyond this are surely a mistake."""

STDIN = frozenset({"-", "stdin"})
"""What stands for standard input; the second is vegeta's word."""

_STANDARD_INPUT = "standard input"

_READ = 1 << 16
_LOOK_MS = 100
"""How soon who waits for a line learns that it is not wanted any more."""

STDOUT = frozenset({"-", "stdout"})
"""What stands for standard output; the second is vegeta's word."""


def read_targets(words: tuple[str, ...], file: Path | None, form: str) -> tuple[Target, ...]:
    """Targets from the command line, else from a file, else from standard input.

    Args:
        words: a target; none where it comes from elsewhere.
        file: of targets.
        form: of the file, ``http`` or ``json``.

    Raises:
        TargetError: there are none, or one is malformed; with file and line.
    """
    if _typed(words, file):
        return (parse_single(" ".join(words)),)
    source = _source(file)
    with _opened(source) as stream:
        return some(_parsed(_lines(stream, source), file, form), source)


def stream_targets(
    words: tuple[str, ...], file: Path | None, form: str, wanted: Callable[[], bool]
) -> Iterator[Target]:
    """The same one by one, as they come; there may be no end of them.

    Args:
        words: as of `read_targets`, like those that follow.
        file: the same.
        form: the same.
        wanted: asked some ten times a second whether to go on waiting.

    Raises:
        TargetError: one is malformed; with file and line.
    """
    if _typed(words, file):
        yield parse_single(" ".join(words))
        return
    source = _source(file)
    with _opened(source) as stream:
        yield from _parsed(_lines_while(stream.fileno(), source, wanted), file, form)


def _typed(words: tuple[str, ...], file: Path | None) -> bool:
    """Whether the target stands on the command line.

    Raises:
        TargetError: it stands elsewhere as well, or nowhere.
    """
    if words and file is not None:
        raise TargetError(
            f"targets from two places: {' '.join(words)!r} and {file}",
            hint="give a URL or -targets, not both",
        )
    if not words and file is None and sys.stdin.isatty():
        raise TargetError(
            "no target", hint="give one, as 'GET http://localhost:8080/', or -targets FILE"
        )
    return bool(words)


def _source(file: Path | None) -> str:
    """Where targets come from, for people."""
    return _STANDARD_INPUT if file is None or str(file) in STDIN else str(file)


def _parsed(lines: Iterator[str], file: Path | None, form: str) -> Iterator[Target]:
    source = _source(file)
    base = Path.cwd() if file is None or source == _STANDARD_INPUT else file.parent

    def read_body(name: str) -> bytes:
        # As with vegeta relative to where we run; beside the target file is the second guess.
        path = Path(name)
        return read_file(path if path.is_absolute() or path.exists() else base / path)

    if form == "json":
        return json_targets(lines, source=source)
    return http_targets(lines, read_body=read_body, source=source)


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
    if source == _STANDARD_INPUT:
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
        yield _decoded(line, source, number)


def _lines_while(fd: int, source: str, wanted: Callable[[], bool]) -> Iterator[str]:
    """Lines as they come, each of no more than `MAX_INPUT` bytes, while they are wanted."""
    ready = select.poll()
    ready.register(fd, select.POLLIN)
    rest, number = b"", 0
    while wanted():
        if not ready.poll(_LOOK_MS):
            continue
        data = os.read(fd, _READ)
        *lines, rest = (rest + data).split(b"\n")
        if not data:
            lines, rest = [rest], b""
        for number, line in enumerate(lines, number + 1):  # noqa: B020 - it goes on counting
            yield _decoded(line, source, number)
        if len(rest) > MAX_INPUT:
            raise TargetError(f"{source}:{number + 1} is longer than 256 MiB")
        if not data:
            return


def _decoded(line: bytes, source: str, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise TargetError(
            f"{source}:{number}: not UTF-8 text", f"byte {error.start} of the line"
        ) from None
