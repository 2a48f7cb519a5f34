"""Parameters and variables of Go functions: what one begins as, of which type, who holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import (
    FUNCTION_TYPES,
    GoFile,
    GoFunction,
    ancestors,
    declaration,
    declared_names,
    descend,
    enclosing,
    loop_around,
    text,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_ONCE = frozenset({"sync.OnceValue", "sync.OnceFunc", "sync.OnceValues", ".Do"})
_DECLARING = frozenset(
    {
        "short_var_declaration",
        "range_clause",
        "receive_statement",
        "var_spec",
        "const_spec",
        "parameter_declaration",
        "variadic_parameter_declaration",
    }
)
_OF_REQUESTS = frozenset(
    {
        "http.ResponseWriter",
        "*http.Request",
        "*gin.Context",
        "echo.Context",
        "*echo.Context",
        "*fiber.Ctx",
        "fiber.Ctx",
        "*fasthttp.RequestCtx",
    }
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A parameter or a local variable.

    Attributes:
        name: of it.
        node: the declaration, as `declaration` finds it.
    """

    name: str
    node: Node

    def value(self) -> Node | None:
        """The expression it begins as: of a call with several results, the call."""
        values = _values(self.node)
        if len(values) == 1:
            return values[0]
        names = [text(name) for name in declared_names(self.node)]
        return values[names.index(self.name)] if len(values) == len(names) else None

    def type(self) -> Node | None:
        """The type it is declared with, or that of the literal it begins as; None if not said."""
        declared = self.node.child_by_field_name("type")
        if declared is not None:
            return declared
        value = self.value()
        if value is None or value.type != "composite_literal":
            return None
        return value.child_by_field_name("type")

    def uses(self) -> tuple[Node, ...]:
        """The identifiers that mean it, in order, without its declaration."""
        scope = next(functions_around(self.node), self.node)
        name = self.name.encode()
        return tuple(
            each
            for each in descend(scope, "identifier")
            if each.text == name
            and not _is_key(each)
            and not _is_declared(each)
            and declaration(each) == self.node
        )


def _values(node: Node) -> list[Node]:
    short = node.type in ("short_var_declaration", "assignment_statement")
    values = node.child_by_field_name("right" if short else "value")
    return values.named_children if values is not None else []


def _is_key(identifier: Node) -> bool:
    """Whether it is the name of a field in a literal."""
    element = identifier.parent
    keyed = element.parent if element is not None else None
    return (
        element is not None
        and keyed is not None
        and element.type == "literal_element"
        and keyed.type == "keyed_element"
        and keyed.named_children[0] == element
    )


def _is_declared(identifier: Node) -> bool:
    """Whether an identifier stands where it gets its meaning."""
    around = identifier.parent
    if around is not None and around.type == "expression_list":
        around = around.parent
    return (
        around is not None
        and around.type in _DECLARING
        and any(name == identifier for name in declared_names(around))
    )


def variable(identifier: Node | None) -> Variable | None:
    """The parameter or local variable that an identifier means."""
    if identifier is None or identifier.type != "identifier":
        return None
    node = declaration(identifier)
    return Variable(text(identifier), node) if node is not None else None


def pointed_at(node: Node | None) -> Variable | None:
    """The local variable whose address an expression takes: ``&v``."""
    if node is None or node.type != "unary_expression" or not text(node).startswith("&"):
        return None
    return variable(node.child_by_field_name("operand"))


def statement_of(call: Node) -> Node | None:
    """The assignment or ``:=`` on whose right side a call stands alone."""
    right = call.parent
    if right is None or right.type != "expression_list" or right.named_child_count != 1:
        return None
    statement = right.parent
    if statement is None or statement.child_by_field_name("right") != right:
        return None
    binds = statement.type in ("short_var_declaration", "assignment_statement")
    return statement if binds else None


def results(call: Node) -> tuple[str, ...]:
    """The names that a statement binds the results of a call to; empty where it does not."""
    statement = statement_of(call)
    left = statement.child_by_field_name("left") if statement is not None else None
    return tuple(text(each) for each in left.named_children) if left is not None else ()


def bound(call: Node, index: int = 0) -> Variable | None:
    """The new variable that one of the results of a call becomes by ``:=``."""
    names, statement = results(call), statement_of(call)
    if statement is None or statement.type != "short_var_declaration":
        return None
    if index >= len(names) or names[index] == "_":
        return None
    return Variable(names[index], statement)


def functions_around(node: Node) -> Iterator[Node]:
    """The function literals and the declaration that a node lies in, from the inside."""
    for each in ancestors(node):
        if each.type == "func_literal" or each.type in FUNCTION_TYPES:
            yield each


def serves(node: Node) -> bool:
    """Whether a function around a node is given a request, or what answers one."""
    return any(
        text(kind) in _OF_REQUESTS
        for function in functions_around(node)
        for _, kind in GoFunction(function, "").parameters()
    )


def runs_again(file: GoFile, node: Node) -> GoFunction | None:
    """The declared function that a node is in, where it is run more often than the program.

    None for package variables, for ``init`` and ``main`` outside their loops and literals, and
    below ``sync.Once``.
    """
    function = file.function_at(node)
    innermost = next(functions_around(node), None)
    if function is None or innermost is None:
        return None
    if innermost.type == "func_literal":
        call = enclosing(innermost, "call_expression")
        given_to = file.call(call).name if call is not None else ""
        return None if given_to in _ONCE else function
    if function.name in ("init", "main") and loop_around(node) is None:
        return None
    return function


def stays(file: GoFile, held: Variable, borrowers: frozenset[str]) -> bool:
    """Whether nobody can still hold a variable's value when the function has returned.

    It is only called methods on, and given to functions that are known to hold nothing, and no
    function literal has it. A decoder or encoder made of it counts where its one method is called
    on the spot.

    Args:
        file: it is in.
        held: a variable of a pointer or interface.
        borrowers: those functions, by `GoCall.name`.
    """
    home = next(functions_around(held.node), None)
    return all(
        next(functions_around(use), None) == home and borrows(file, use, borrowers)
        for use in held.uses()
    )


def borrows(file: GoFile, use: Node, borrowers: frozenset[str]) -> bool:
    """Whether an identifier is called a method on, or given to one of some functions."""
    parent = use.parent
    call = parent.parent if parent is not None else None
    if parent is None or call is None or call.type != "call_expression":
        return False
    if call.parent is not None and call.parent.type == "go_statement":
        return False
    if parent.type == "selector_expression":
        return call.child_by_field_name("function") == parent
    name = file.call(call).name
    if name in ("encoding/json.NewDecoder", "encoding/json.NewEncoder"):
        return call.parent is not None and call.parent.type == "selector_expression"
    return name in borrowers


def declares_anew(statement: Node, name: str) -> bool:
    """Whether ``name :=`` would be a new variable in the place of a statement of a block."""
    block = statement.parent
    if block is None or block.parent is None:
        return False
    before = [each for each in block.named_children if each.start_byte < statement.start_byte]
    if any(text(each) == name for one in before for each in _declared(one)):
        return False
    function = block.parent.parent
    if function is None or function.child_by_field_name("body") != block.parent:
        return True
    given = (function.child_by_field_name(role) for role in ("parameters", "result", "receiver"))
    return not any(
        text(each) == name
        for part in given
        if part is not None
        for one in part.named_children
        for each in one.children_by_field_name("name")
    )


def _declared(statement: Node) -> list[Node]:
    if statement.type == "var_declaration":
        return [name for spec in descend(statement, "var_spec") for name in declared_names(spec)]
    return declared_names(statement) if statement.type == "short_var_declaration" else []
