"""Projections: ``.name,/size@num`` or ``/format@(gob json)``.

::

    projection = field {[","] field}
    field      = key | key "@" order | key "@" "(" word {word} ")"
"""

from __future__ import annotations

from dataclasses import dataclass

from heapwise.formats.benchquery.tokens import Token, Tokens

ORDERS = frozenset({"first", "alpha", "num"})
"""Named orders; *first* is that of appearance."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a projection.

    Attributes:
        key: ``.name``, ``.fullname``, ``.config``, ``.file``, ``/key`` or a key of the file.
        order: one of `ORDERS`, or *fixed*.
        values: for a fixed order, the values in that order; others are filtered out.
    """

    key: str
    order: str = "first"
    values: tuple[str, ...] = ()


def parse_projection(query: str) -> tuple[Field, ...]:
    """Read a projection; an empty one has no fields.

    Raises:
        UsageError: with the place and the grammar.
    """
    tokens = Tokens(query)
    fields: list[Field] = []
    while (token := tokens.peek()).kind:
        if token.kind == "," and fields:
            tokens.take()
        fields.append(_field(tokens))
    return tuple(fields)


def _field(tokens: Tokens) -> Field:
    key = tokens.take()
    if key.kind != "word" or not key.text:
        raise tokens.fail("expected a key", key.at)
    if key.text == ".unit":
        raise tokens.fail(".unit is for -filter only", key.at)
    if tokens.peek().kind != "@":
        return Field(key.text)
    tokens.take()
    order = tokens.take()
    if order.kind == "(":
        if key.text == ".config":
            raise tokens.fail(".config stands for many keys and has no order of values", order.at)
        return Field(key.text, "fixed", _values(tokens))
    if order.kind != "word":
        raise tokens.fail("expected an order: alpha, num or a list in brackets", order.at)
    if order.text not in ORDERS:
        raise _unknown(tokens, order)
    return Field(key.text, order.text)


def _unknown(tokens: Tokens, order: Token) -> Exception:
    return tokens.fail(f"unknown order {order.text!r}: alpha, num or a list in brackets", order.at)


def _values(tokens: Tokens) -> tuple[str, ...]:
    values = []
    while (token := tokens.take()).kind == "word":
        values.append(token.text)
    if token.kind != ")":
        raise tokens.fail("a bracket ( is not closed", token.at)
    if not values:
        raise tokens.fail("no values in the brackets", token.at)
    return tuple(values)
