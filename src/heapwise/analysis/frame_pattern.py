"""Regular expressions from a profile, matched in linear time.

They come from whoever made the profile, and Python's engine backtracks: a short pattern could
keep it busy for hours. So the part of RE2's syntax that frame patterns use is matched here by
following all alternatives at once, and the work is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from heapwise.errors import ProfileError

_LONGEST = 8192
_DEEPEST = 50
_MOST_STEPS = 5_000_000
_CLASS = re.compile(r"\[(?P<not>\^?)(?P<items>\]?(?:\\.|[^\]\\])*)\]", re.DOTALL)
_CLASS_ITEM = re.compile(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", re.DOTALL)
_KNOWN_ESCAPES = "dDwWsS"

Test = Callable[[str], object]


@dataclass(slots=True, eq=False)
class _State:
    """Where a match can stand: read a character that passes ``test``, or move on without one."""

    test: Test | None = None
    next: list[_State] = field(default_factory=list)


class FramePattern:
    """A pattern that must match a whole name.

    Known are literals, ``.``, classes, ``( ) (?: ) |``, ``* + ?`` and their lazy forms, ``^ $`` at
    the ends, and the escapes of single characters.

    Raises:
        ProfileError: the pattern is too long or says something else.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._steps = 0
        if len(pattern) > _LONGEST:
            raise self._error(f"it is longer than {_LONGEST:,} characters")
        self._rest = pattern
        self._depth = 0
        start, self._end = self._alternatives()
        self._start = _closure([start])
        if self._rest:
            raise self._error("a bracket is closed that was not opened")

    def matches(self, name: str) -> bool:
        """True where the pattern matches all of ``name``.

        Raises:
            ProfileError: all matches together took too many steps.
        """
        states = self._start
        for char in name:
            self._steps += len(states)
            if self._steps > _MOST_STEPS:
                raise self._error("it takes too long to match")
            states = _closure(
                [after for state in states if state.test and state.test(char)
                 for after in state.next]
            )  # fmt: skip
            if not states:
                return False
        return self._end in states

    def _error(self, why: str) -> ProfileError:
        shown = self._pattern[:60] + ("…" if len(self._pattern) > 60 else "")
        return ProfileError(f"cannot use the profile's frame pattern {shown!r}", why)

    def _alternatives(self) -> tuple[_State, _State]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"more than {_DEEPEST} brackets stand in each other")
        start, end = _State(), _State()
        while True:
            first, last = self._sequence()
            start.next.append(first)
            last.next.append(end)
            if not self._take("|"):
                self._depth -= 1
                return start, end

    def _sequence(self) -> tuple[_State, _State]:
        start = end = _State()
        while self._rest and self._rest[0] not in "|)":
            first, last = self._repeated()
            end.next.append(first)
            end = last
        return start, end

    def _repeated(self) -> tuple[_State, _State]:
        first, last = self._atom()
        for sign in "*+?":
            if self._take(sign):
                start, end = _State(next=[first]), _State()
                last.next.append(end)
                if sign != "+":
                    start.next.append(end)
                if sign != "?":
                    end.next.append(first)
                self._take("?")  # lazy: the same for a whole match
                first, last = start, end
                break
        if self._rest[:1] and self._rest[0] in "*+?{":
            raise self._error(f"{self._rest[0]!r} is not understood where it stands")
        return first, last

    def _atom(self) -> tuple[_State, _State]:
        if self._take("("):
            if self._take("?") and not self._take(":"):
                raise self._error("groups with flags or names are not understood")
            pair = self._alternatives()
            if not self._take(")"):
                raise self._error("a bracket is not closed")
            return pair
        end = _State()
        if self._take("^") or self._take("$"):  # the match is anchored at both ends already
            return end, end
        return _State(self._single(), [end]), end

    def _single(self) -> Test:
        """A test for one character."""
        if self._rest[0] == "[":
            return self._class()
        char, self._rest = self._rest[0], self._rest[1:]
        if char == ".":
            return "\n".__ne__
        if char in "*+?{":
            raise self._error(f"{char!r} has nothing to repeat")
        if char == "\\":
            if not self._rest:
                raise self._error("it ends in a backslash")
            char, self._rest = self._rest[0], self._rest[1:]
            return self._escaped(char)
        return char.__eq__

    def _class(self) -> Test:
        found = _CLASS.match(self._rest)
        if found is None or "[:" in found[0]:
            raise self._error("a character class is not understood")
        self._rest = self._rest[found.end() :]
        tests = [self._class_item(*item) for item in _CLASS_ITEM.findall(found["items"])]
        wanted = not found["not"]
        return lambda char: any(test(char) for test in tests) == wanted

    def _class_item(self, low: str, high: str) -> Test:
        if not high:
            return self._escaped(low[1]) if low[0] == "\\" else low.__eq__
        first, last = low.removeprefix("\\") or low, high.removeprefix("\\") or high
        return lambda char: first <= char <= last

    def _escaped(self, char: str) -> Test:
        if char in _KNOWN_ESCAPES:
            return re.compile(f"\\{char}", re.ASCII).match
        if char.isalnum():
            raise self._error(f"the escape \\{char} is not understood")
        return char.__eq__

    def _take(self, char: str) -> bool:
        if self._rest.startswith(char):
            self._rest = self._rest[1:]
            return True
        return False


def _closure(states: list[_State]) -> set[_State]:
    """All states reachable without reading a character."""
    seen = set(states)
    todo = list(seen)
    while todo:
        state = todo.pop()
        if state.test is None:
            fresh = [after for after in state.next if after not in seen]
            seen.update(fresh)
            todo += fresh
    return seen
