"""The Go version that stands in an executable, read without a toolchain."""

from __future__ import annotations

import mmap
import re
from pathlib import Path

_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT = 16
_HEADER = 32
_INLINE = 0x2
_VERSION = re.compile(rb"go\d+\.\d+[\w.+-]{0,40}")


def go_version(executable: Path) -> str:
    """``go1.27.3``, or empty where it is no Go program, unreadable, or older than Go 1.18.

    The linker writes a header of 32 bytes at a multiple of 16 (``debug/buildinfo``): magic,
    pointer size, flags at 15; since Go 1.18 flag 2 says that the version follows as a string
    with its length, always below 128, in front.
    """
    try:
        with (
            executable.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image,
        ):
            return _search(image)
    except (OSError, ValueError):
        return ""


def _search(image: mmap.mmap) -> str:
    # A program that reads build infos itself holds the magic as a constant, too.
    at = image.find(_MAGIC)
    while at >= 0:
        header = image[at : at + _HEADER + 1]
        if at % _ALIGNMENT == 0 and len(header) > _HEADER and header[15] & _INLINE:
            start = at + _HEADER + 1
            found = _VERSION.match(image[start : start + header[_HEADER]])
            if found:
                return found[0].decode("ascii")
        at = image.find(_MAGIC, at + 1)
    return ""
