"""The sync.Pools of a Go package: what they make, who takes from them, who puts back.

A pool is known by its name alone, that of its variable or field: there are no types here, and two
pools of one name in one package are rare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_flow import deferred, scope_of
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_module import GoPackage
from heapwise.diagnose.source.go_syntax import ancestors, bare, descend, query, text
from heapwise.diagnose.source.go_types import type_of

if TYPE_CHECKING:
    from tree_sitter import Node

WORDS = (b".Put(", b".Get(")
"""What stands in every file that uses a pool."""

_TYPED = """[
  (var_spec type: (_) @type)
  (field_declaration type: (_) @type)
] @declared"""
_BOUND = (
    "var_spec",
    "short_var_declaration",
    "assignment_statement",
    "keyed_element",
)
_SEVERAL = "?"


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of a package.

    Attributes:
        name: of its variable or field.
        file: it is declared in.
        node: where: the literal ``sync.Pool{…}`` or the declaration without.
        made: the type of what its New returns, as ``*bytes.Buffer``, ``[]byte``; empty where there
            is no New, ``?`` where pools of that name make different things.
    """

    name: str
    file: GoFile
    node: Node
    made: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A ``Get`` whose result a variable holds.

    Attributes:
        pool: its name.
        call: of Get.
        name: of the variable.
        type: that it is asserted to be; empty where the variable is the any that Get returned.
        copied: the variable holds ``*pool.Get().(*T)``, not what came from the pool.
        scope: the function it happens in.
    """

    pool: str
    call: GoCall
    name: str
    type: str
    copied: bool
    scope: Node


@dataclass(frozen=True, slots=True)
class Returned:
    """A ``Put``.

    Attributes:
        pool: its name.
        call: of Put.
        value: that is put back.
        deferred: it runs when the function ends.
        scope: the function it happens in.
    """

    pool: str
    call: GoCall
    value: Node
    deferred: bool
    scope: Node


# Eight rules ask for the same: what a package has is looked for once.
_POOLS: WeakKeyDictionary[GoPackage, Mapping[str, Pool]] = WeakKeyDictionary()
_TAKEN: WeakKeyDictionary[GoFile, tuple[Taken, ...]] = WeakKeyDictionary()


def pools(package: GoPackage) -> Mapping[str, Pool]:
    """The pools of a package by name; of two that make different things, nothing is known."""
    if package not in _POOLS:
        found: dict[str, Pool] = {}
        for file in package.mentioning(b"sync.Pool"):
            for pool in (*_declared(file), *_literals(file)):
                known = found.get(pool.name)
                if known is None or not known.made:
                    found[pool.name] = pool
                elif pool.made not in ("", known.made):
                    found[pool.name] = replace(known, made=_SEVERAL)
        _POOLS[package] = found
    return _POOLS[package]


def _declared(file: GoFile) -> Iterator[Pool]:
    for match in query(_TYPED, file.root):
        kind = match["type"][0]
        if kind.type == "pointer_type" and kind.named_children:
            kind = kind.named_children[0]
        if file.qualified(kind) == "sync.Pool":
            node = match["declared"][0]
            for name in node.children_by_field_name("name"):
                yield Pool(text(name), file, node, "")


def _literals(file: GoFile) -> Iterator[Pool]:
    for literal in literals(file):
        name = bound_name(literal)
        if name:
            yield Pool(name, file, literal, _made(file, literal))


def literals(file: GoFile) -> Iterator[Node]:
    """Every ``sync.Pool{…}`` of a file."""
    for match in query("(composite_literal type: (qualified_type) @type) @literal", file.root):
        if file.qualified(match["type"][0]) == "sync.Pool":
            yield match["literal"][0]


def bound_name(literal: Node) -> str:
    """The variable or field that a value is given to where it stands; empty if there is none."""
    for each in ancestors(literal):
        if each.type in _BOUND:
            first = each.child_by_field_name("left") or each.named_children[0]
            return last_name(first.named_children[0] if first.named_children else first)
        if each.type not in ("unary_expression", "expression_list", "literal_element"):
            break
    return ""


def last_name(node: Node | None) -> str:
    """The name of a variable or field: ``pool`` in ``s.pool`` and in ``pool``; else empty."""
    if node is None:
        return ""
    if node.type == "selector_expression":
        return text(node.child_by_field_name("field"))
    return text(node) if node.type in ("identifier", "field_identifier") else ""


def _made(file: GoFile, literal: Node) -> str:
    """The type of the first thing that the New of a pool's literal returns."""
    for function in descend(literal, "func_literal"):
        for statement in descend(function, "return_statement"):
            for values in statement.named_children:
                if values.named_children:
                    return type_of(file, values.named_children[0])
        break
    return ""


def taken(file: GoFile) -> tuple[Taken, ...]:
    """What a file takes from the pools of its package into variables."""
    if file not in _TAKEN:
        known = pools(file.package)
        _TAKEN[file] = tuple(_taken(file, known)) if known else ()
    return _TAKEN[file]


def _taken(file: GoFile, known: Mapping[str, Pool]) -> Iterator[Taken]:
    for call in file.calls(".Get"):
        pool = known.get(last_name(call.receiver))
        scope = scope_of(call.node)
        if pool is None or call.arguments or scope is None:
            continue
        node, kind, copied = call.node, "", False
        parent = node.parent
        while parent is not None and parent.type in (
            "type_assertion_expression",
            "unary_expression",
            "parenthesized_expression",
        ):
            if parent.type == "type_assertion_expression":
                kind = text(parent.child_by_field_name("type"))
            copied = copied or parent.type == "unary_expression"
            node, parent = parent, parent.parent
        name = bound_name(call.node if parent is None else node)
        if name and parent is not None and parent.type == "expression_list":
            yield Taken(pool.name, call, name, kind, copied, scope)


def returned(file: GoFile) -> Iterator[Returned]:
    """What a file puts back into the pools of its package."""
    known = pools(file.package)
    for call in file.calls(".Put") if known else ():
        pool = known.get(last_name(call.receiver))
        scope = scope_of(call.node)
        if pool is not None and len(call.arguments) == 1 and scope is not None:
            value = bare(call.arguments[0])
            yield Returned(pool.name, call, value, deferred(call.node), scope)


def pairs(file: GoFile) -> Iterator[tuple[Taken, tuple[Returned, ...]]]:
    """What is taken into a variable, with where the same function puts that variable back.

    A variable that is put back by its address, or by somebody else, has none.
    """
    back = tuple(returned(file))
    for each in taken(file):
        mine = tuple(
            put
            for put in back
            if put.pool == each.pool and put.scope == each.scope and text(put.value) == each.name
        )
        yield each, mine
