"""What to type to look further into the captures of an alert."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from heapwise.model.watch import Captured
from heapwise.watch.capture.settings import CPU, GOROUTINE, HEAP, LEAKED, TRACE


def commands(captures: Sequence[tuple[Captured, Path]], source: Path | None) -> tuple[str, ...]:
    """Commands with the paths of the files as they lie in the store, for a shell.

    Args:
        captures: that can be read, oldest first, each with its file.
        source: of the service; None where nobody gave it.
    """
    by_kind = {
        kind: [_quoted(path) for captured, path in captures if captured.kind == kind]
        for kind in (HEAP, GOROUTINE, LEAKED, CPU, TRACE)
    }
    found = [command for kind, files in by_kind.items() for command in _of(kind, files, source)]
    return tuple(found)


def _of(kind: str, files: Sequence[str], source: Path | None) -> Iterator[str]:
    if not files:
        return
    first, last = files[0], files[-1]
    if kind == HEAP:
        yield from _heap(first, last, source)
    elif kind == TRACE:
        yield f"heapwise trace {last}"
        yield f"go tool trace {last}"
    else:
        if first != last:
            yield f"heapwise diff {first} {last}"
        yield f"heapwise top {last}"


def _heap(first: str, last: str, source: Path | None) -> Iterable[str]:
    if first != last:
        yield f"heapwise diff --inuse-space {first} {last}"
        yield f"go tool pprof -inuse_space -diff_base {first} {last}"
    else:
        yield f"heapwise top --inuse-space {last}"
        yield f"go tool pprof -inuse_space {last}"
    yield f"heapwise diagnose {last}" + (f" {_quoted(source)}" if source is not None else "")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
