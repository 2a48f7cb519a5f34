"""Functions of Go, where they are declared and where they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_syntax import functions_around, text

if TYPE_CHECKING:
    from tree_sitter import Node

_OF_NET_HTTP = frozenset({"http.ResponseWriter", "*http.Request"})
_CONTEXTS = frozenset({
    "*gin.Context", "echo.Context", "*echo.Context", "*fiber.Ctx", "fiber.Ctx",
    "*fasthttp.RequestCtx",
})  # fmt: skip
"""What other libraries give a handler in place of the two."""


@dataclass(frozen=True, slots=True)
class GoCall:
    """A call.

    Attributes:
        node: the ``call_expression``.
        name: of what is called: ``regexp.MustCompile`` by import path and name, whatever the file
            calls the import; ``.Encode`` for a method or a field of a value; ``make`` and
            ``helper`` for what the package or the language declares; empty for anything else.
        receiver: the value a method is called on, or the package's name; None without.
    """

    node: Node
    name: str
    receiver: Node | None

    @property
    def arguments(self) -> tuple[Node, ...]:
        """What stands between the parentheses, comments left out."""
        given = self.node.child_by_field_name("arguments")
        nodes = given.named_children if given is not None else ()
        return tuple(node for node in nodes if node.type != "comment")


@dataclass(frozen=True, slots=True)
class GoFunction:
    """A declared function.

    Attributes:
        node: its declaration.
        name: as profiles have it behind the package: ``handle``, ``(*Server).page``, ``T.page``.
    """

    node: Node
    name: str

    @property
    def short(self) -> str:
        """The name alone, without the receiver."""
        return self.name.rpartition(".")[2]

    @property
    def body(self) -> Node | None:
        """The block; None for a function that is written in assembly."""
        return self.node.child_by_field_name("body")

    def parameters(self) -> Iterator[tuple[str, Node]]:
        """Name and type of each parameter; the name is empty where it has none."""
        for name, kind in parameters(self.node):
            yield text(name), kind

    def answers_requests(self) -> bool:
        """Whether its signature is a handler's: of net/http, gin, echo, fiber or fasthttp."""
        return is_handler(self.node)


def is_handler(function: Node) -> bool:
    """Whether a declaration or a function literal has the parameters of a handler."""
    kinds = {text(kind) for _, kind in parameters(function)}
    return kinds >= _OF_NET_HTTP or bool(kinds & _CONTEXTS)


def in_handler(node: Node) -> bool:
    """Whether a node runs for each request: a function around it is a handler."""
    return any(is_handler(each) for each in functions_around(node))


def serves(node: Node) -> bool:
    """Whether a function around a node is given a request, or what answers one."""
    return any(
        text(kind) in _OF_NET_HTTP | _CONTEXTS
        for function in functions_around(node)
        for _, kind in parameters(function)
    )


def parameters(function: Node) -> Iterator[tuple[Node | None, Node]]:
    """Name, None where it has none, and type of each parameter of a function."""
    given = function.child_by_field_name("parameters")
    for each in given.named_children if given is not None else ():
        kind = each.child_by_field_name("type")
        if kind is not None:
            names: Sequence[Node | None] = each.children_by_field_name("name") or (None,)
            for name in names:
                yield name, kind


def function_name(node: Node) -> str:
    """What profiles call a declared function, behind its package: ``(*Server).page``."""
    name = text(node.child_by_field_name("name"))
    receiver = node.child_by_field_name("receiver")
    if receiver is None:
        return name
    kind = next((each.child_by_field_name("type") for each in receiver.named_children), None)
    if kind is None:
        return name
    pointer = kind.type == "pointer_type"
    base = kind.named_children[0] if pointer and kind.named_children else kind
    if base.type == "generic_type":
        base_text = text(base.child_by_field_name("type")) + "[...]"
    else:
        base_text = text(base)
    return f"(*{base_text}).{name}" if pointer else f"{base_text}.{name}"
