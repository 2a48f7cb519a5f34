"""Versions of Go modules, in Go's order.

Semantic versioning 2.0.0 with two additions: ``+incompatible`` marks a major version without a
``go.mod`` and does not count, and a pseudo-version such as
``v4.0.3-0.20191031103402-221acf29d02b`` names a commit by its time, UTC. By order such a version
lies before v4.0.3; whether it has a fix, only its time tells.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_VERSION = re.compile(
    r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]{1,100}))?(?:\+[0-9A-Za-z.-]{1,100})?",
    re.ASCII,
)
_PSEUDO = re.compile(r"(?:^|.*[.-])(\d{14})-[0-9a-f]{12}", re.ASCII)

Identifier = tuple[int, int, str]
"""A part of a pre-release: numbers come before words, and in their own order."""


class Version(NamedTuple):
    """A version; tuples of this kind compare as Go orders them.

    Attributes:
        core: major, minor and patch.
        released: True without a pre-release part, which makes a version the later one.
        pre: the parts of the pre-release.
        committed: of a pseudo-version, the commit's time as ``yyyymmddhhmmss``; else empty.
    """

    core: tuple[int, int, int]
    released: bool
    pre: tuple[Identifier, ...]
    committed: str


def parse(text: str) -> Version | None:
    """Read a version; None where it is none."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    pre = found[4] or ""
    pseudo = _PSEUDO.fullmatch(pre)
    return Version(
        core=(int(found[1]), int(found[2]), int(found[3])),
        released=not pre,
        pre=tuple(_identifier(part) for part in pre.split(".")) if pre else (),
        committed=pseudo[1] if pseudo else "",
    )


def _identifier(part: str) -> Identifier:
    return (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part)
