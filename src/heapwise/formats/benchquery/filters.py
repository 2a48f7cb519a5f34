"""Filters: ``/format:json goos:linux .unit:(ns/op OR B/op)``.

::

    either = both {"OR" both}
    both   = term {["AND"] term}
    term   = "(" either ")" | "-" term | "*" | key ":" value | key ":" "(" value {"OR" value} ")"
    value  = word | "/" regexp "/"
"""

from __future__ import annotations

from dataclasses import dataclass

from heapwise.formats.benchquery.tokens import Token, Tokens


@dataclass(frozen=True, slots=True)
class Match:
    """True where a key has a value, or one that a regular expression finds something in."""

    key: str
    value: str
    regexp: bool


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    term: Filter


@dataclass(frozen=True, slots=True)
class All:
    """True where all terms are; without terms, everywhere."""

    terms: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """True where one term is."""

    terms: tuple[Filter, ...]


Filter = Match | Not | All | Any

_MOST_DEPTH = 100
_BEGINS_TERM = {"(", "-", "*", "word"}


def parse_filter(query: str) -> Filter:
    """Read a filter.

    Raises:
        UsageError: with the place and the grammar.
    """
    return _Parser(query).whole()


class _Parser:
    def __init__(self, query: str) -> None:
        self._tokens = Tokens(query)
        self._depth = 0

    def whole(self) -> Filter:
        found = self._either()
        rest = self._tokens.peek()
        if rest.kind:
            raise self._tokens.fail(f"unexpected {rest.text!r}", rest.at)
        return found

    def _either(self) -> Filter:
        terms = [self._both()]
        while self._tokens.peek().kind == "OR":
            self._tokens.take()
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else Any(tuple(terms))

    def _both(self) -> Filter:
        terms = [self._term()]
        while True:
            token = self._tokens.peek()
            if token.kind == "AND":
                self._tokens.take()
            elif token.kind in _BEGINS_TERM:
                terms.append(self._term())
            elif token.kind in {")", "OR", ""}:
                return terms[0] if len(terms) == 1 else All(tuple(terms))
            else:
                raise self._tokens.fail(f"unexpected {token.text!r}", token.at)

    def _term(self) -> Filter:
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise self._tokens.fail(f"more than {_MOST_DEPTH} brackets in one another")
        token = self._tokens.take()
        match token.kind:
            case "(":
                found = self._either()
                self._expect(")", "a bracket ( is not closed")
            case "-":
                found = Not(self._term())
            case "*":
                found = All()
            case "word":
                found = self._key_and_value(token)
            case _:
                raise self._tokens.fail("expected KEY:VALUE or a bracket", token.at)
        self._depth -= 1
        return found

    def _key_and_value(self, key: Token) -> Filter:
        if key.text in {"", ".config"}:
            what = ".config stands for many keys" if key.text else "a key must not be empty"
            raise self._tokens.fail(what, key.at)
        self._expect(":", "expected KEY:VALUE", key.at)
        value = self._tokens.take(values=True)
        if value.kind != "(":
            return self._match(key, value, "expected KEY:VALUE", key.at)
        terms = []
        while True:
            value = self._tokens.take(values=True)
            terms.append(self._match(key, value, "expected a value", value.at))
            token = self._tokens.take(values=True)
            if token.kind == ")":
                return Any(tuple(terms))
            if token.kind != "OR":
                raise self._tokens.fail("values must be separated by OR", token.at)

    def _match(self, key: Token, value: Token, otherwise: str, at: int) -> Match:
        if value.kind not in {"word", "regexp"}:
            raise self._tokens.fail(otherwise, at)
        return Match(key.text, value.text, value.kind == "regexp")

    def _expect(self, kind: str, otherwise: str, at: int | None = None) -> None:
        token = self._tokens.take()
        if token.kind != kind:
            raise self._tokens.fail(otherwise, token.at if at is None else at)
