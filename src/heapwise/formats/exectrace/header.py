"""The first 16 bytes of a trace, which say how to read the others."""

from __future__ import annotations

import re
from typing import BinaryIO

from heapwise.errors import ProfileError

HEADER_SIZE = 16
VERSIONS = (11, 19, 21, 22, 23, 25, 26)
"""The versions of the format, as the minor version of the Go that introduced each."""

_HEADER = re.compile(rb"go 1\.(\d\d?) trace\0\0\0\0?")


def read_version(source: BinaryIO) -> int:
    """Which version of the format follows, as ``26``.

    Raises:
        ProfileError: it is no trace, or one of a version that heapwise does not know.
    """
    head = source.read(HEADER_SIZE)
    found = _HEADER.fullmatch(head)
    if not found:
        raise ProfileError("cannot read the trace", _looks_like(head), _hint(head))
    version = int(found[1])
    if version not in VERSIONS:
        known = ", ".join(f"1.{number}" for number in VERSIONS)
        raise ProfileError(
            "cannot read the trace",
            f"it has version 1.{version} of the format, and heapwise knows {known}",
            "a newer heapwise may know it",
        )
    return version


def _looks_like(head: bytes) -> str:
    """What is wrong with these first bytes."""
    if not head:
        return "it is empty"
    if b"go 1.".startswith(head[:5]):
        return (
            "it breaks off inside its header"
            if len(head) < HEADER_SIZE
            else "its header is damaged"
        )
    return f"it begins with {head!r} and not as an execution trace of Go"


def _hint(head: bytes) -> str:
    """What the user can do."""
    if head.startswith(b"\x1f\x8b"):
        return "it is compressed, or a profile: for a trace use gunzip first"
    return "a trace comes from /debug/pprof/trace?seconds=5 or from runtime/trace"
