"""The language of `heapwise query`: a few words in a fixed order of thought, read strictly.

::

    top|paths SAMPLE_TYPE [for service NAME] [instance NAME] [build NAME]
              [last LENGTH | since TIME [until TIME]]
              [by function|path|instance|build|service] [limit N]
    alerts    [for service NAME] [last LENGTH | since TIME [until TIME]] [limit N]
    deploys   [for service NAME] [last LENGTH | since TIME [until TIME]] [limit N]

After the first words the clauses may come in any order, each at most once. Names with blanks stand
in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import msgspec

from heapwise.errors import UsageError
from heapwise.formats.timestamps import parse_timestamp
from heapwise.units import NS_PER_S, parse_length

By = Literal["function", "path", "instance", "build", "service"]
What = Literal["top", "paths", "alerts", "deploys"]

_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\["\\])*)"|([^\s"]+))')
_MOST = 2000
_MOST_ROWS = 100_000
_BYS: tuple[By, ...] = get_args(By)
_WHATS: tuple[What, ...] = get_args(What)
_HINT = "as: top alloc_space for service checkout last 1h by path limit 20"
_HOUR_NS = 3600 * NS_PER_S


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A query, understood.

    Attributes:
        text: as it was typed.
        what: kind of answer.
        sample_type: of ``top`` and ``paths``.
        service: whose; empty for all.
        instance: which of it; empty for all.
        build: of the program; empty for all.
        begin_ns: of the span, unix ns.
        end_ns: of the span.
        by: what rows are.
        limit: rows at most.
    """

    text: str
    what: What
    sample_type: str = ""
    service: str = ""
    instance: str = ""
    build: str = ""
    begin_ns: int
    end_ns: int
    by: By = "function"
    limit: int = 30


class _Token(NamedTuple):
    text: str
    at: int
    quoted: bool


def parse_question(text: str, now_ns: int) -> Question:
    """Read a query.

    Args:
        text: as typed.
        now_ns: what ``last`` counts back from.

    Raises:
        UsageError: where it cannot be understood, and what could stand there.
    """
    return _Reader(text, now_ns).question()


class _Reader:
    """Reads a query from left to right."""

    def __init__(self, text: str, now_ns: int) -> None:
        self._text = text
        self._now_ns = now_ns
        self._tokens = self._split()
        self._given: dict[str, object] = {}

    def question(self) -> Question:
        """All of it."""
        what = self._one_of(_WHATS)
        profiles = what in ("top", "paths")
        length_ns = _HOUR_NS if profiles else 7 * 24 * _HOUR_NS
        self._span(self._now_ns - length_ns, self._now_ns)
        if profiles:
            self._given["sample_type"] = self._word("a sample type, as alloc_space")
        if what == "paths":
            self._given["by"] = "path"
        clauses = self._clauses(profiles=profiles)
        while self._tokens:
            name = self._one_of(tuple(clauses))
            clauses.pop(name)()
            if name in ("last", "since"):  # one of the two
                clauses.pop("last", None)
                clauses.pop("since", None)
        return msgspec.convert({"text": self._text, "what": what, **self._given}, Question)

    def _clauses(self, *, profiles: bool) -> dict[str, Callable[[], None]]:
        """What may follow, and what reads it."""
        clauses = {
            "for": self._for, "last": self._last, "since": self._since, "limit": self._limit,
        }  # fmt: skip
        if profiles:
            clauses |= {
                "instance": lambda: self._keep("instance", self._word("the name of an instance")),
                "build": lambda: self._keep("build", self._word("a build")),
                "by": lambda: self._keep("by", self._one_of(_BYS)),
            }
        return clauses

    def _span(self, begin_ns: int, end_ns: int) -> None:
        self._given |= {"begin_ns": begin_ns, "end_ns": end_ns}

    def _keep(self, name: str, value: object) -> None:
        self._given[name] = value

    def _for(self) -> None:
        self._one_of(("service",))
        self._keep("service", self._word("the name of a service"))

    def _last(self) -> None:
        token = self._take("a length of time, as 1h or 7d")
        try:
            length_ns = parse_length(token.text)
        except UsageError:
            raise self._fail(token, "a length of time, as 1h or 7d") from None
        self._span(self._now_ns - length_ns, self._now_ns)

    def _since(self) -> None:
        begin_ns = self._moment()
        end_ns = self._now_ns
        if self._tokens and self._tokens[0].text == "until":
            self._take("until")
            token = self._tokens[0] if self._tokens else None
            end_ns = self._moment()
            if end_ns <= begin_ns and token is not None:
                raise self._fail(token, "a time after that of since")
        self._span(begin_ns, end_ns)

    def _moment(self) -> int:
        expected = "a time, as 2026-11-21T14:00:00Z or 2026-11-21"
        token = self._take(expected)
        day = re.fullmatch(r"\d{4}-\d\d-\d\d", token.text, re.ASCII)
        try:
            return parse_timestamp(token.text + "T00:00:00Z" if day else token.text)
        except ValueError:
            raise self._fail(token, expected) from None

    def _limit(self) -> None:
        expected = f"a number from 1 to {_MOST_ROWS}"
        token = self._take(expected)
        if not re.fullmatch(r"[0-9]{1,6}", token.text) or not 1 <= int(token.text) <= _MOST_ROWS:
            raise self._fail(token, expected)
        self._keep("limit", int(token.text))

    def _word(self, expected: str) -> str:
        return self._take(expected).text

    def _one_of(self, words: tuple[str, ...]) -> str:
        expected = _listed(words) if words else "its end"
        token = self._take(expected)
        if token.quoted or token.text not in words:
            raise self._fail(token, expected)
        return token.text

    def _take(self, expected: str) -> _Token:
        if not self._tokens:
            raise self._fail(_Token("", len(self._text), quoted=False), expected)
        token = self._tokens.pop(0)
        if not token.text:
            raise self._fail(token, expected)
        return token

    def _split(self) -> list[_Token]:
        if len(self._text) > _MOST:
            raise UsageError(f"a query of more than {_MOST:,} characters")
        tokens, at, end = [], 0, len(self._text.rstrip())
        while at < end:
            found = _TOKEN.match(self._text, at)
            if found is None:
                start = at + len(self._text[at:]) - len(self._text[at:].lstrip())
                raise self._fail(_Token(self._text[start:], start, quoted=True), "a closing quote")
            quoted = found[1] is not None
            word = re.sub(r"\\(.)", r"\1", found[1]) if quoted else found[2]
            tokens.append(_Token(word, found.start(1 if quoted else 2), quoted))
            at = found.end()
        return tokens

    def _fail(self, token: _Token, expected: str) -> UsageError:
        found = f"{token.text!r} stands" if token.text or token.quoted else "it ends"
        return UsageError(
            f"cannot read the query {self._text!r}",
            f"{found} at character {token.at + 1}, where {expected} is expected",
            _HINT,
        )


def _listed(words: tuple[str, ...]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
