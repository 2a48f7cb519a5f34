"""The JSON form: a header, then a Language Server diagnostic per line.

Positions count from 1, unlike the protocol's. The steps of an entry are its
``relatedInformation``; entries ``inlineLoc`` before the first step lead from the call that was
inlined to the place in the callee, those behind a step do so for the step.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import BinaryIO
from urllib.parse import unquote

import msgspec

from heapwise.formats.escapelog.collector import MAX_NUMBER, MAX_STEPS, Collector, lines_of
from heapwise.model.escape import EscapeEntry, EscapeKind, Position, Step

_ESCAPES = " escapes to heap"
_FLOW = "escflow:    flow: "
_FROM = "escflow:      from "
_INLINED = "inlineLoc"
_VERSION = 0


class _Header(msgspec.Struct):
    version: int
    package: str
    gc_version: str
    file: str


class _Point(msgspec.Struct):
    line: int
    character: int


class _Range(msgspec.Struct):
    start: _Point


class _Location(msgspec.Struct):
    uri: str
    range: _Range


class _Related(msgspec.Struct):
    location: _Location
    message: str


class _Diagnostic(msgspec.Struct):
    range: _Range
    code: str
    message: str
    relatedInformation: list[_Related] | None = None  # noqa: N815 - the protocol's name


_header = msgspec.json.Decoder(_Header)
_diagnostic = msgspec.json.Decoder(_Diagnostic)
_BAD = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def read_json(lines: BinaryIO, log: Collector) -> None:
    """Read the file of one source file; a damaged line is counted, never fatal."""
    each = lines_of(lines, log)
    try:
        header = _header.decode(next(each, b""))
    except _BAD:
        log.unread += 1
        return
    if header.version != _VERSION:
        log.unread += 1
        return
    log.version = log.version or header.gc_version[:40]
    log.saw(header.file, header.package)
    for line in each:
        # Bounds checks and inlining are nine lines of ten, and a third of these are repetitions.
        if b'"escape' not in line or b'"message":""' in line:
            continue
        try:
            entry = _entry(_diagnostic.decode(line), header.file)
        except _BAD:
            log.unread += 1
            continue
        if entry is not None:
            log.saw(entry.at.file, header.package)
            log.add(entry)


def _entry(found: _Diagnostic, file: str) -> EscapeEntry | None:
    what = found.message.removesuffix(_ESCAPES)
    at = _position(file, found.range.start)
    if what == found.message or at is None:
        return None
    related = found.relatedInformation or []
    callers = [at]
    index = 0
    while index < len(related) and related[index].message == _INLINED:
        inner = _located(related[index].location)
        callers += [inner] if inner is not None else []
        index += 1
    at = callers.pop()
    steps = tuple(_steps(related[index:]))
    moved = bool(steps) and steps[0].text.endswith(f"← &{what}")
    kind = EscapeKind.MOVED if moved else EscapeKind.ESCAPES
    return EscapeEntry(at, what, kind, steps, tuple(reversed(callers)))


def _steps(related: list[_Related]) -> list[Step]:
    steps: list[Step] = []
    for each in related[: 4 * MAX_STEPS]:
        at = _located(each.location)
        if each.message == _INLINED and steps:
            steps[-1] = Step(steps[-1].text, steps[-1].tag, at)
        elif each.message.startswith(_FLOW):
            steps.append(Step(each.message[len(_FLOW) :].removesuffix(":"), "", at))
        elif each.message.startswith(_FROM) and each.message.endswith(")"):
            text, _, tag = each.message[len(_FROM) : -1].rpartition(" (")
            steps.append(Step(text, sys.intern(tag), at))
    return steps[:MAX_STEPS]


def _located(location: _Location) -> Position | None:
    return _position(_path(location.uri), location.range.start)


def _position(file: str, at: _Point) -> Position | None:
    if not (0 < at.line < MAX_NUMBER and 0 <= at.character < MAX_NUMBER):
        return None
    return Position(file, at.line, at.character)


@lru_cache(maxsize=1 << 14)
def _path(uri: str) -> str:
    return sys.intern(unquote(uri.removeprefix("file://")))
