"""Go's syntax as a tree: how source becomes one, and the ways through it.

Reading text is a hundred times as fast as reading nodes from Python: what can be found by its
words is, and only then looked at in the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Query

FUNCTION_TYPES = frozenset({"function_declaration", "method_declaration"})

_IN_WORDS = frozenset(bytes([code]) for code in range(256) if chr(code).isalnum() or code == 95)


def parse(data: bytes) -> Node:
    """The ``source_file`` node of a file."""
    return _parser().parse(data).root_node


def text(node: Node | None) -> str:
    """The source of a node; empty for None."""
    if node is None or node.text is None:
        return ""
    return node.text.decode("utf-8", "replace")


def descend(node: Node, kind: str, *, into: Sequence[str] = ()) -> Iterator[Node]:
    """The nodes of a kind below a node, in order; ``into`` limits what is looked into."""
    stack = list(reversed(node.named_children))
    while stack:
        each = stack.pop()
        if each.type == kind:
            yield each
        if not into or each.type in into:
            stack.extend(reversed(each.named_children))


def ancestors(node: Node) -> Iterator[Node]:
    """A node's parent, its parent and so on."""
    each = node.parent
    while each is not None:
        yield each
        each = each.parent


def enclosing(node: Node, *kinds: str) -> Node | None:
    """The nearest ancestor of one of these kinds."""
    return next((each for each in ancestors(node) if each.type in kinds), None)


def functions_around(node: Node) -> Iterator[Node]:
    """The function literals and the declaration that a node lies in, from the inside."""
    for each in ancestors(node):
        if each.type == "func_literal" or each.type in FUNCTION_TYPES:
            yield each


def home(node: Node) -> Node | None:
    """The innermost function, declared or literal, that a node lies in."""
    return next(functions_around(node), None)


def within(node: Node, outer: Node) -> bool:
    """Whether a node lies in another, or is it."""
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def bare(node: Node) -> Node:
    """An expression without the parentheses around it, or the dots behind it."""
    while node.type in ("parenthesized_expression", "variadic_argument") and node.named_children:
        node = node.named_children[0]
    return node


def operand(node: Node | None, operator: str) -> Node | None:
    """What a unary operator is applied to: ``x`` of ``&x``; None for anything else."""
    if node is None or node.type != "unary_expression":
        return None
    same = text(node.child_by_field_name("operator")) == operator
    return node.child_by_field_name("operand") if same else None


def call_on_the_spot(literal: Node) -> Node | None:
    """The call of a function literal where it stands: ``func() { … }()``."""
    call = literal.parent
    if call is None or call.type != "call_expression":
        return None
    return call if call.child_by_field_name("function") == literal else None


def node_at(root: Node, start: int, end: int) -> Node | None:
    """The innermost node from one byte to another; None where none has these bounds."""
    node = root.descendant_for_byte_range(start, end)
    return node if node is not None and (node.start_byte, node.end_byte) == (start, end) else None


def identifiers(scope: Node, name: str) -> Iterator[Node]:
    """The identifiers of a name in a node, in order; fields and keys of that name are others."""
    first, data, wanted = scope.start_byte, scope.text or b"", name.encode()
    at = data.find(wanted) if wanted else -1
    while at >= 0:
        end = at + len(wanted)
        # Names are many: a regular expression for each takes longer to make than to search with.
        if data[at - 1 : at] not in _IN_WORDS and data[end : end + 1] not in _IN_WORDS:
            node = node_at(scope, first + at, first + end)
            if node is not None and node.type == "identifier" and not is_key(node):
                yield node
        at = data.find(wanted, end)


@cache
def word(name: str, behind: bytes) -> re.Pattern[bytes]:
    """A name where it stands alone, and what is to follow it."""
    # The name comes first, and what stands before it is looked at then: the other way round the
    # regular expression could not search for it.
    plain = re.escape(name.encode())
    return re.compile(plain + rb"(?<!\w" + plain + rb")" + behind)


def is_key(identifier: Node) -> bool:
    """Whether it is the name of a field in a literal."""
    element = identifier.parent
    pair = element.parent if element is not None and element.type == "literal_element" else None
    return pair is not None and pair.type == "keyed_element" and pair.named_children[0] == element


@cache
def _language() -> Language:
    import tree_sitter_go  # noqa: PLC0415 - most commands never parse source
    from tree_sitter import Language  # noqa: PLC0415 - the same

    return Language(tree_sitter_go.language())


@cache
def _parser() -> Parser:
    from tree_sitter import Parser  # noqa: PLC0415 - most commands never parse source

    return Parser(_language())


@cache
def _query(pattern: str) -> Query:
    from tree_sitter import Query  # noqa: PLC0415 - most commands never parse source

    return Query(_language(), pattern)


def query(pattern: str, node: Node) -> Iterator[Mapping[str, list[Node]]]:
    """The matches of a tree-sitter pattern below a node, each as nodes by capture name.

    Args:
        pattern: compiled once per process.
        node: to look below.
    """
    from tree_sitter import QueryCursor  # noqa: PLC0415 - most commands never parse source

    for _, nodes in QueryCursor(_query(pattern)).matches(node):
        yield nodes
