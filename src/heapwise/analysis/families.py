"""Which function of one program is which of another, where names changed and the code did not.

Names are matched from the most exact sense to the loosest, and whatever a sense matched is out of
the game for the next one:

1. equal names;
2. the same function of a generic family: ``tree[go.shape.int].insert`` and ``tree[...].insert``;
3. closures of one function, which the compiler numbers in the order of the source: ``f.func1``
   becomes ``f.func2`` when another one is written before it;
4. parts of the standard library that a release rewrote under new names, package by package.

So a function that merely got a new number is neither new nor gone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from heapwise.analysis.go_frames import package_of

Key = TypeVar("Key")

_NUMBERED = re.compile(r"\.(func|gowrap|deferwrap)\d+((?:\.\d+)*)|-range\d+")
_REWRITTEN = (
    # Go 1.27 does encoding/json with the code of its second version.
    ("encoding/json", ("encoding/json", "encoding/json/v2", "encoding/json/jsontext",
                       "encoding/json/internal", "encoding/json/internal/jsonopts",
                       "encoding/json/internal/jsonwire", "encoding/json/internal/jsonflags")),
    # It also renamed most of the compressor.
    ("compress/flate", ("compress/flate",)),
    # Swiss tables came with Go 1.24, and took maps out of package runtime.
    ("maps", ("internal/runtime/maps",)),
)  # fmt: skip
_PACKAGES = {package: family for family, packages in _REWRITTEN for package in packages}
_OLD_MAPS = re.compile(r"runtime\.(\(\*[hb]map\)\.|make(map|Bucket)|map(assign|access|delete|clear)"
                       r"|hashGrow|growWork|evacuate|newoverflow)")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match(Generic[Key]):
    """What is one thing on both sides; either side may be empty.

    Attributes:
        before: its keys on the one side.
        after: its keys on the other.
    """

    before: tuple[Key, ...]
    after: tuple[Key, ...]


def matches(
    before: Iterable[Key], after: Iterable[Key], senses: Sequence[Callable[[Key], object]]
) -> list[Match[Key]]:
    """Match two sets of keys: equal ones first, then those that are alike in ever looser senses.

    Args:
        before: keys of the one side.
        after: keys of the other.
        senses: functions of a key; two are alike in a sense where it gives the same. None is
            like nothing.

    Returns:
        Every key once, in the order of ``before`` and then of ``after``, matched or alone.
    """
    left, right = dict.fromkeys(before), dict.fromkeys(after)
    order = {key: number for number, key in enumerate((*left, *right))}
    found = [Match((key,), (key,)) for key in left if key in right]
    for match in found:
        _take(match, left, right)
    for sense in senses:
        theirs = _grouped(right, sense)
        for value, keys in _grouped(left, sense).items():
            if value in theirs:
                found.append(Match(tuple(keys), tuple(theirs[value])))
                _take(found[-1], left, right)
    found += [Match((key,), ()) for key in left]
    found += [Match((), (key,)) for key in right]
    return sorted(found, key=lambda match: order[(*match.before, *match.after)[0]])


@lru_cache(maxsize=1 << 16)
def generic(function: str) -> str:
    """The name without type arguments, ``T[int].M`` as ``T[…].M``."""
    kept, depth = [], 0
    for part in re.split(r"([\[\]])", function):
        if part == "[":
            kept += ["[…]"] if depth == 0 else []
            depth += 1
        elif part == "]":
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(part)
    return "".join(kept)


@lru_cache(maxsize=1 << 16)
def closure(function: str) -> str:
    """The generic name without the numbers of closures, ``f.func2.1`` as ``f.func``."""
    return _NUMBERED.sub(lambda found: f".{found[1]}" if found[1] else "", generic(function))


@lru_cache(maxsize=1 << 16)
def rewritten(function: str) -> str | None:
    """The family of a part of the standard library that was rewritten; None for all others."""
    if _OLD_MAPS.match(function):
        return "maps"
    return _PACKAGES.get(package_of(function))


def same_function(function: str) -> str:
    """The loosest sense in which a frame of a path is the same: family, closure or name."""
    return rewritten(function) or closure(function)


SENSES: tuple[Callable[[str], str | None], ...] = (generic, closure, rewritten)
"""Of function names, from exact to loose."""


def _grouped(keys: Iterable[Key], sense: Callable[[Key], object]) -> Mapping[object, list[Key]]:
    groups: dict[object, list[Key]] = defaultdict(list)
    for key in keys:
        value = sense(key)
        if value is not None:
            groups[value].append(key)
    return groups


def _take(match: Match[Key], left: dict[Key, None], right: dict[Key, None]) -> None:
    for key in match.before:
        del left[key]
    for key in match.after:
        del right[key]
