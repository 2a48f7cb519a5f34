"""What is in a recording's execution traces: worked out once, after the run, and kept beside them.

A kept summary counts only for the very bytes that it was made of, and only until there is a newer
heapwise, which may see more in them. Without one, as after a kill, the
trace is read anew while the recording is loaded, unless it is too large to wait for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from heapwise import __version__
from heapwise.errors import ProfileError
from heapwise.model.recording import (
    Capture,
    ClockPair,
    Problem,
    RecordedTrace,
    Scope,
)
from heapwise.model.trace import TraceSummary
from heapwise.record.capture.alignment import align
from heapwise.record.files import TRACE_FILE, open_regular, read_file, write_atomically
from heapwise.units import format_duration, format_size

WAIT_FOR = 64 << 20
"""Bytes of a trace that is read while a recording is loaded: some seconds."""

_SUMMARY_LIMIT = 64 << 20
_PIECE = 1 << 20
_UNCERTAIN_NS = 1_000_000
"""From here on people should know how well a trace is placed."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A summary as it is kept.

    Attributes:
        tool: version of heapwise that made it.
        size: bytes of the trace that it was made of.
        sha256: of them.
        summary: what is in it.
    """

    tool: str
    size: int
    sha256: str
    summary: TraceSummary


def keep_summaries(path: Path, traces: Iterable[Capture]) -> None:
    """Work the summaries of a recording's traces out and keep them, as far as that goes."""
    for capture in traces:
        raw = path / capture.file
        with suppress(ProfileError, OSError):  # whoever loads the recording tries again, and tells
            kept = _made(raw)
            write_atomically(raw.with_suffix(".json"), msgspec.json.encode(kept))


def read_traces(
    path: Path,
    captures: Iterable[Capture],
    zero: ClockPair,
    problems: list[Problem],
    *,
    same_host: bool,
) -> tuple[RecordedTrace, ...]:
    """The traces of a recording, summarised and placed on its clock.

    Args:
        path: of the recording.
        captures: those of traces.
        zero: the run's zero.
        problems: takes what cannot be read, and what cannot be placed well.
        same_host: the service ran on the recorder's machine.
    """
    traces = []
    for capture in captures:
        try:
            summary = _summary(path, capture)
        except (OSError, ProfileError, ValueError) as error:
            why = error.why if isinstance(error, ProfileError) else error
            what = f"the execution trace {capture.file} cannot be read: {why}"
            problems.append(Problem(scope=Scope.NONE, what=what))
            continue
        placed = align(capture, summary, zero, same_host=same_host)
        if placed.doubt or placed.uncertainty_ns > _UNCERTAIN_NS:
            why = f": {placed.doubt}" if placed.doubt else ""
            problems.append(
                Problem(
                    scope=Scope.NONE,
                    what=f"{capture.file} is on the clock of the requests only to "
                    f"{format_duration(placed.uncertainty_ns)}, by its {placed.aligned_by}{why}",
                )
            )
        traces.append(
            RecordedTrace(
                capture=capture,
                summary=summary,
                offset_ns=placed.offset_ns,
                uncertainty_ns=placed.uncertainty_ns,
                aligned_by=placed.aligned_by,
            )
        )
    return tuple(traces)


def _summary(path: Path, capture: Capture) -> TraceSummary:
    if not TRACE_FILE.fullmatch(capture.file):
        raise ValueError("not a name that heapwise gives")
    raw = path / capture.file
    size, digest = _digest(raw)
    if not size:  # the first bytes come when the service flushes, a second after it was asked
        raise ValueError("nothing of it had come")
    kept = _kept(raw.with_suffix(".json"))
    if kept is not None and (kept.tool, kept.size, kept.sha256) == (__version__, size, digest):
        return kept.summary
    if size > WAIT_FOR:
        raise ValueError(
            f"it has {format_size(size)} and nobody has summarised it; heapwise trace reads it"
        )
    return _made(raw).summary


def _made(raw: Path) -> Kept:
    from heapwise.analysis.exectrace import summarise  # noqa: PLC0415 - few recordings have any
    from heapwise.formats.exectrace import open_trace  # noqa: PLC0415 - the same

    size, digest = _digest(raw)
    with open_regular(raw) as file:
        summary = summarise(open_trace(file))
    return Kept(tool=__version__, size=size, sha256=digest, summary=summary)


def _kept(path: Path) -> Kept | None:
    try:
        return msgspec.json.decode(read_file(path, _SUMMARY_LIMIT), type=Kept)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return None


def _digest(raw: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with open_regular(raw) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()
