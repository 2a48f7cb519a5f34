"""What the linker wrote of a build into an executable, read without a toolchain."""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import NamedTuple

_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT = 16
_HEADER = 32
_INLINE = 0x2
_VERSION = re.compile(rb"go\d+\.\d+[\w.+-]{0,40}")
_SENTINEL = 16
_LONGEST = 4 << 20
"""Bytes of module and build information; a line per dependency."""


class BuildInfo(NamedTuple):
    """What an executable says of its build.

    Attributes:
        version: ``go1.27.3``; empty where it is no Go program, or older than Go 1.18.
        text: a line each for the main package, modules and settings, as ``go version -m`` prints
            them; empty where there are none.
    """

    version: str
    text: str


def go_version(executable: Path) -> str:
    """``go1.27.3``, or empty where it is no Go program, unreadable, or older than Go 1.18."""
    return build_info(executable).version


def build_info(executable: Path) -> BuildInfo:
    """What an executable says of its build; empty where that cannot be read.

    The linker writes a header of 32 bytes at a multiple of 16 (``debug/buildinfo``): magic,
    pointer size, flags at 15; since Go 1.18 flag 2 says that two strings follow, each with its
    length in front as a varint: the version, and the text between two marks of 16 bytes.
    """
    try:
        with (
            executable.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image,
        ):
            return _search(image)
    except (OSError, ValueError):
        return BuildInfo("", "")


def _search(image: mmap.mmap) -> BuildInfo:
    # A program that reads build infos itself holds the magic as a constant, too.
    at = image.find(_MAGIC)
    while at >= 0:
        header = image[at : at + _HEADER]
        if at % _ALIGNMENT == 0 and len(header) == _HEADER and header[15] & _INLINE:
            version, end = _string(image, at + _HEADER)
            found = _VERSION.match(version)
            if found:
                text, _ = _string(image, end)
                inner = text[_SENTINEL:-_SENTINEL].decode("utf-8", "replace")
                return BuildInfo(found[0].decode("ascii"), inner)
        at = image.find(_MAGIC, at + 1)
    return BuildInfo("", "")


def _string(image: mmap.mmap, at: int) -> tuple[bytes, int]:
    """A string behind its length, and where it ends; empty where the length makes no sense."""
    length = 0
    for shift in range(0, 35, 7):
        if at >= len(image):
            return b"", at
        byte = image[at]
        at += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    if length > min(_LONGEST, len(image) - at):
        return b"", at
    return image[at : at + length], at + length
