r"""Regular expressions that users type, in the syntax pprof's users know: Go's RE2.

Python's own engine matches them. Every part is rewritten so that it means to Python what it means
to RE2 (``$``, ``\s``, ``[[:alpha:]]``, ``a{,2}`` …), and what only one of them knows is refused:
a pattern must not find one thing here and another there.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from heapwise.analysis.character_set import CharacterSet, Unreadable, read_escape, read_set
from heapwise.errors import UsageError

_REPEAT = re.compile(r"(?:[*+?]|\{(\d{1,9})(?:,(\d{0,9}))?\})\??", re.ASCII)
_NAMED = re.compile(r"\(\?P?<[A-Za-z_]\w*>", re.ASCII)
_FLAGS = re.compile(r"\(\?(?=[imsU:-])([imsU]*)(?:-([imsU]+))?([:)])", re.ASCII)
_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)
_PLACES = {"A": r"(?:\A)", "z": r"(?:\Z)", "b": r"(?a:\b)", "B": r"(?!(?a:\b))"}
_MOST_REPEATS = 1000
_LONGEST = 10_000


class UserPattern:
    """A pattern that is looked for anywhere in a text.

    Attributes:
        text: as it was typed.
        found: some text matched.

    Raises:
        UsageError: RE2 would not read it, or what it says cannot be said to Python.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = False
        try:
            self._search = re.compile(_Translator(text).translated()).search
        except (Unreadable, re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"cannot read the pattern {text[:100]!r}",
                str(error),
                "patterns are Go's (RE2), as for pprof; quote them for the shell",
            ) from None

    def matches(self, text: str) -> bool:
        """True where the pattern occurs in a text."""
        matched = self._search(text) is not None
        self.found |= matched
        return matched


class _Translator:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise Unreadable(f"it is longer than {_LONGEST:,} characters")
        self._text = text
        self._at = 0
        self._out: list[str] = []
        self._flags: frozenset[str] = frozenset()
        self._outer: list[frozenset[str]] = []  # the flags around each open group
        self._repeatable = False

    def translated(self) -> str:
        """The pattern as Python reads it."""
        special: dict[str, Callable[[], None]] = {
            "(": self._open, ")": self._close, "[": self._set, "\\": self._escape, "|": self._or,
            "*": self._repeat, "+": self._repeat, "?": self._repeat, "{": self._repeat,
            "^": self._anchor, "$": self._anchor, ".": self._any,
        }  # fmt: skip
        while self._at < len(self._text):
            special.get(self._text[self._at], self._literal)()
        if self._outer:
            raise Unreadable("a bracket ( is not closed")
        return "".join(self._out)

    def _put(self, python: str, length: int, *, repeatable: bool = True) -> None:
        self._out.append(python)
        self._at += length
        self._repeatable = repeatable

    def _put_set(self, characters: CharacterSet, length: int) -> None:
        python = characters.python()
        self._put(f"(?i:{python})" if "i" in self._flags else python, length)

    def _literal(self) -> None:
        self._put_set(CharacterSet.of(self._text[self._at]), 1)

    def _any(self) -> None:
        self._put("(?s:.)" if "s" in self._flags else ".", 1)

    def _or(self) -> None:
        self._put("|", 1, repeatable=False)

    def _anchor(self) -> None:
        char = self._text[self._at]
        whole_text = {"^": r"(?:\A)", "$": r"(?:\Z)"}
        self._put(f"(?m:{char})" if "m" in self._flags else whole_text[char], 1)

    def _set(self) -> None:
        characters, end = read_set(self._text, self._at)
        self._put_set(characters, end - self._at)

    def _open(self) -> None:
        named, flags = (kind.match(self._text, self._at) for kind in (_NAMED, _FLAGS))
        if self._text.startswith("(?", self._at) and not (named or flags):
            raise Unreadable(f"RE2 has no group {self._text[self._at : self._at + 4]!r}")
        group = not flags or flags[3] == ":"
        if group:
            self._outer.append(self._flags)
        if flags:
            self._flags = (self._flags | set(flags[1])) - set(flags[2] or "")
        found = named or flags
        length = found.end() - self._at if found else 1
        # To RE2 flags stand for nothing, so that what follows repeats what stands before them.
        self._put("(?:" if group else "", length, repeatable=self._repeatable and not group)

    def _close(self) -> None:
        if not self._outer:
            raise Unreadable("a bracket ) closes nothing")
        self._flags = self._outer.pop()
        self._put(")", 1)

    def _repeat(self) -> None:
        found = _REPEAT.match(self._text, self._at)
        if found is None:  # a brace that says no number stands for itself
            self._literal()
            return
        if not self._repeatable:
            raise Unreadable(f"{found[0]!r} has nothing to repeat")
        counts = [int(count) for count in found.groups() if count]
        if counts and (max(counts) > _MOST_REPEATS or counts != sorted(counts)):
            raise Unreadable(f"{found[0]!r} is no number of times up to {_MOST_REPEATS}")
        self._put(found[0], len(found[0]), repeatable=False)

    def _escape(self) -> None:
        after = self._text[self._at + 1 : self._at + 2]
        if after == "Q":
            found = _QUOTED.match(self._text, self._at)
            assert found is not None  # noqa: S101 - the two characters stand there
            end = found.end()
            for char in found[1]:
                self._put_set(CharacterSet.of(char), 0)
            self._at = end
        elif after in _PLACES:
            self._put(_PLACES[after], 2)
        else:
            characters, end = read_escape(self._text, self._at)
            self._put_set(characters, end - self._at)
