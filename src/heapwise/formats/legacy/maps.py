"""The memory map at the end of legacy text, in the manner of ``/proc/self/maps``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

SENTINELS = (b"--- Memory map: ---", b"MAPPED_LIBRARIES:")

_HEX = rb"(?:0x)?([0-9a-fA-F]{1,16})"
_RANGE = rb"\s*" + _HEX + rb"[\s-]?\s*" + _HEX + rb":?"
_PERMISSIONS = rb"(?:\s+([-rwxp]+))?"
_PROC = re.compile(
    _RANGE
    + _PERMISSIONS
    + rb"(?:\s+([0-9a-fA-F]{1,16}))?\s+[0-9a-fA-F]+:[0-9a-fA-F]+\s+\d+(?:\s+(\S+))?"
)
_BRIEF = re.compile(
    _RANGE + _PERMISSIONS + rb"(?:\s+(\S+))?(?:\s+\(@([0-9a-fA-F]{1,16})\))?(?:\s+([0-9a-fA-F]+))?"
)


class Mapped(NamedTuple):
    """A part of a file in memory; addresses and the offset in bytes."""

    start: int
    limit: int
    offset: int
    filename: bytes
    build_id: bytes


def read_map(lines: Iterable[bytes]) -> list[Mapped]:
    """The executable parts; lines that are no entry are skipped, as pprof does."""
    return [mapped for mapped in map(_entry, lines) if mapped is not None]


def _entry(line: bytes) -> Mapped | None:
    if found := _PROC.match(line):
        start, limit, permissions, offset, filename = found.groups()
        build_id = None
    elif found := _BRIEF.match(line):
        start, limit, permissions, filename, offset, build_id = found.groups()
    else:
        return None
    if permissions and b"x" not in permissions:
        return None
    return Mapped(
        int(start, 16), int(limit, 16), int(offset or b"0", 16), filename or b"", build_id or b""
    )
