"""Words, quoted words, regular expressions and operators of a query."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from heapwise.errors import UsageError

Kind = Literal["word", "regexp", "AND", "OR", "(", ")", ":", "@", ",", "-", "*", ""]
"""What a token is; empty for the end."""

_OPERATORS = "():@,"
_FIRST_ONLY = "-*"
"""Operators where a word would begin, letters inside one."""

_BARE = re.compile(r"[^\s():@,]+")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_GO_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\\"])|x([0-9a-fA-F]{2})|([0-7]{3})"
    r"|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))"
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_MOST = 10_000


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: see `Kind`.
        text: of a word without its quotes, of a regular expression without its slashes.
        at: where it begins in the query.
    """

    kind: Kind
    text: str
    at: int


class Tokens:
    """Reads a query from left to right; what a slash means depends on who asks."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.at = 0
        if len(query) > _MOST:
            raise UsageError(f"a query of more than {_MOST:,} characters")

    def peek(self, *, values: bool = False) -> Token:
        """The next token, which stays.

        Args:
            values: a slash begins a regular expression here, not a key.
        """
        before = self.at
        try:
            return self.take(values=values)
        finally:
            self.at = before

    def take(self, *, values: bool = False) -> Token:
        """The next token.

        Raises:
            UsageError: it has no end, or is no token.
        """
        while self.at < len(self.query) and self.query[self.at].isspace():
            self.at += 1
        start = self.at
        first = self.query[start : start + 1]
        if not first:
            return Token("", "", start)
        if first in _OPERATORS + _FIRST_ONLY:
            self.at += 1
            return Token(first, first, start)  # type: ignore[arg-type] # each of them is a Kind
        if first == "/" and values:
            return self._regexp(start)
        if first == '"':
            return self._quoted(start)
        return self._bare(start)

    def fail(self, what: str, at: int | None = None) -> UsageError:
        """The error, with a mark under the place."""
        place = self.at if at is None else at
        return UsageError(
            f"cannot read the query {self.query!r}", f"{what} at character {place + 1}",
            "keys are .name, .fullname, .file, .unit, /KEY and those of the file: "
            "-filter '/format:json .unit:(B/op OR allocs/op)', -col /format@(gob json)",
        )  # fmt: skip

    def _bare(self, start: int) -> Token:
        found = _BARE.match(self.query, start)
        assert found is not None  # noqa: S101 - blanks and operators are behind us
        self.at = found.end()
        word = found[0]
        kind: Kind = "AND" if word == "AND" else "OR" if word == "OR" else "word"
        return Token(kind, word, start)

    def _quoted(self, start: int) -> Token:
        found = _QUOTED.match(self.query, start)
        if found is None:
            raise self.fail("a quote is not closed", start)
        self.at = found.end()
        return Token("word", _GO_ESCAPE.sub(self._unescape, found[0][1:-1]), start)

    def _unescape(self, found: re.Match[str]) -> str:
        simple, in_hex, octal, four, eight, bad = found.groups()
        if simple:
            return _SIMPLE.get(simple, simple)
        code = int(octal, 8) if octal else int(in_hex or four or eight or "-1", 16)
        if bad is not None or not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise self.fail(f"{found[0]!r} is no escape sequence")
        return chr(code)

    def _regexp(self, start: int) -> Token:
        end = _closing_slash(self.query, start + 1)
        if end is None:
            raise self.fail("a regular expression has no closing /", start)
        self.at = end + 1
        after = self.query[self.at : self.at + 1]
        if after and not after.isspace() and after not in _OPERATORS + _FIRST_ONLY:
            raise self.fail("a blank must follow a regular expression; write \\/ inside one")
        return Token("regexp", self.query[start + 1 : end], start)


def _closing_slash(text: str, start: int) -> int | None:
    """The first slash that is neither escaped nor in a group or a set of characters."""
    sets = groups = 0
    at = start
    while at < len(text):
        char = text[at]
        if char == "/" and not sets and not groups:
            return at
        if char == "\\":
            at += 1
        elif char == "[":
            sets += 1
        elif char == "]":
            sets = max(sets - 1, 0)
        elif not sets:
            groups += (char == "(") - (char == ")")
        at += 1
    return None
