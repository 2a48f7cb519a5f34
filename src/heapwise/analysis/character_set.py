r"""Sets of characters in RE2's syntax: ``[a-z_]``, ``[[:alpha:]]``, ``\d``, ``\x41``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_LAST = 0x10FFFF
_HEX = re.compile(r"x(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2}))")
_OCTAL = re.compile(r"[1-7][0-7]{1,2}|0[0-7]{0,2}")
_NAMED = re.compile(r"\[:(\^?)([a-z]+):\]")
_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_CLASSES = {
    "alnum": "09AZaz", "alpha": "AZaz", "ascii": "\0\x7f", "blank": "\t\t  ",
    "cntrl": "\0\x1f\x7f\x7f", "digit": "09", "graph": "!~", "lower": "az", "print": " ~",
    "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ", "word": "09AZ__az", "xdigit": "09AFaf",
    "d": "09", "w": "09AZ__az", "s": "\t\n\f\r  ",
}  # fmt: skip
"""The first and the last character of each range, one after the other."""


class Unreadable(Exception):  # noqa: N818 - says why, and never leaves the pattern's reader
    """The pattern is wrong, or says what cannot be said here."""


@dataclass(frozen=True, slots=True)
class CharacterSet:
    """Characters as ranges of code points, first and last included."""

    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, pairs: str) -> Self:
        """One character, or the ranges between each two."""
        points = [ord(char) for char in pairs]
        if len(points) == 1:
            points *= 2
        return cls(tuple(zip(points[::2], points[1::2], strict=True)))

    @property
    def is_one(self) -> bool:
        """A single character."""
        return len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1]

    def complement(self) -> CharacterSet:
        """All other characters."""
        result, after = [], 0
        for first, last in sorted(self.ranges):
            if first > after:
                result.append((after, first - 1))
            after = max(after, last + 1)
        if after <= _LAST:
            result.append((after, _LAST))
        return CharacterSet(tuple(result))

    def python(self) -> str:
        """The set as Python reads it."""
        if self.is_one:
            return re.escape(chr(self.ranges[0][0]))
        spelled = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in self.ranges)
        return f"[{spelled}]" if spelled else "(?!)"


def read_escape(text: str, at: int) -> tuple[CharacterSet, int]:
    """The characters that the escape at a backslash stands for, and where it ends.

    Raises:
        Unreadable: RE2 has no such escape, or it asks for Unicode's tables.
    """
    after = text[at + 1 : at + 2]
    hexadecimal, octal = _HEX.match(text, at + 1), _OCTAL.match(text, at + 1)
    if after and after in "dDwWsS":
        known = CharacterSet.of(_CLASSES[after.lower()])
        return (known.complement() if after.isupper() else known), at + 2
    if after in _CONTROLS:
        return CharacterSet.of(_CONTROLS[after]), at + 2
    if after.isascii() and after and not after.isalnum():
        return CharacterSet.of(after), at + 2
    if hexadecimal or octal:
        found = hexadecimal or octal
        assert found is not None  # noqa: S101 - one of the two is there
        point = int(found[1] or found[2], 16) if hexadecimal else int(found[0], 8)
        if point > _LAST:
            raise Unreadable(f"there is no character {found[0]}")
        return CharacterSet(((point, point),)), found.end()
    raise Unreadable(
        f"the escape \\{after} is not understood" if after else "it ends in a backslash"
    )


def read_set(text: str, at: int) -> tuple[CharacterSet, int]:
    """The characters of the class that opens here, and where it ends.

    Raises:
        Unreadable: the class is not closed or not understood.
    """
    position = at + 1
    negated = text.startswith("^", position)
    position += negated
    ranges: list[tuple[int, int]] = []
    first = True
    while first or not text.startswith("]", position):
        if position >= len(text):
            raise Unreadable("a bracket [ is not closed")
        found, position = _read_item(text, position)
        ranges += found.ranges
        first = False
    result = CharacterSet(tuple(ranges))
    return (result.complement() if negated else result), position + 1


def _read_item(text: str, at: int) -> tuple[CharacterSet, int]:
    """One entry of a class: a named class, a character, or a range."""
    named = _NAMED.match(text, at)
    if named:
        if named[2] not in _CLASSES or len(named[2]) == 1:
            raise Unreadable(f"there is no class {named[0]}")
        known = CharacterSet.of(_CLASSES[named[2]])
        return (known.complement() if named[1] else known), named.end()
    low, at = _read_character(text, at)
    if not low.is_one or not text.startswith("-", at) or text.startswith("-]", at):
        return low, at
    high, at = _read_character(text, at + 1)
    first, last = low.ranges[0][0], high.ranges[-1][1]
    if not high.is_one or first > last:
        raise Unreadable("a range of characters is not understood")
    return CharacterSet(((first, last),)), at


def _read_character(text: str, at: int) -> tuple[CharacterSet, int]:
    if at >= len(text):
        raise Unreadable("a bracket [ is not closed")
    if text[at] == "\\":
        return read_escape(text, at)
    return CharacterSet.of(text[at]), at + 1
