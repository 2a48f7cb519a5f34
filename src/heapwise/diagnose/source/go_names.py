"""What a name of a Go function means: which declaration, and who else means the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_syntax import (
    FUNCTION_TYPES,
    functions_around,
    home,
    identifiers,
    operand,
    text,
    within,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_LEFT = frozenset({"short_var_declaration", "range_clause", "receive_statement"})
"""Statements that declare what stands on their left."""

_SPECS = frozenset({"var_spec", "const_spec"})
_PARAMETERS = frozenset({"parameter_declaration", "variadic_parameter_declaration"})
_WRAPPERS = frozenset(
    {"var_spec_list", "var_declaration", "const_declaration", "for_clause", "labeled_statement"}
)
"""What stands between a declaration and the block that it is of."""

_FUNCTIONS = FUNCTION_TYPES | {"func_literal"}
_VARIABLES = frozenset({"short_var_declaration", "var_spec"})


def declaration(identifier: Node) -> Node | None:
    """The local declaration that a name means, or is a part of.

    That is a parameter, a ``:=``, a spec of ``var`` or ``const``, a ``range`` clause or a
    ``receive_statement``. None where the name is declared by the package, the language, or an
    import.
    """
    around = tuple(functions_around(identifier))
    if not around:
        return None
    at = identifier.start_byte
    for each in reversed(_declarations(around[-1], text(identifier))):
        known = each.name == identifier or (each.first <= at and not within(identifier, each.node))
        if known and each.scope.start_byte <= at < each.scope.end_byte:
            return each.node
    return None


@dataclass(frozen=True, slots=True)
class _Declaration:
    """Where a name is given a meaning.

    Attributes:
        name: the identifier that stands there.
        node: the declaration.
        scope: in which it holds.
        first: the byte from which on it does.
    """

    name: Node
    node: Node
    scope: Node
    first: int


# Rules ask for one name of one function again and again, and then for another.
@lru_cache(maxsize=32)
def _declarations(function: Node, name: str) -> Sequence[_Declaration]:
    """Everything that declares a name in a function, in order."""
    found = []
    for identifier in identifiers(function, name):
        node = _declared_by(identifier)
        scope = _scope(node) if node is not None else None
        if node is not None and scope is not None:
            first = scope.start_byte if node.type in _PARAMETERS else node.end_byte
            found.append(_Declaration(identifier, node, scope, first))
    return found


def _declared_by(identifier: Node) -> Node | None:
    """The declaration whose name an identifier is."""
    around = identifier.parent
    if around is not None and around.type == "expression_list":
        statement = around.parent
        if statement is None or statement.type not in _LEFT:
            return None
        return statement if statement.child_by_field_name("left") == around else None
    if around is None or around.type not in _SPECS | _PARAMETERS:
        return None
    return around if identifier in around.children_by_field_name("name") else None


def _scope(node: Node) -> Node | None:
    """Where a declaration holds, behind itself."""
    around = node.parent
    if node.type in _PARAMETERS:
        function = around.parent if around is not None else None
        return function if function is not None and function.type in _FUNCTIONS else None
    while around is not None and around.type in _WRAPPERS:
        around = around.parent
    return around


def declared_names(node: Node) -> list[Node]:
    """The identifiers that a declaring node declares."""
    if node.type in _LEFT:
        left = node.child_by_field_name("left")
        return left.named_children if left is not None else []
    return node.children_by_field_name("name")


def shadowed(identifier: Node) -> bool:
    """Whether a name means a parameter or a local variable there, not the package's or import's."""
    return declaration(identifier) is not None


def uses_of(spec: Node, name: str) -> tuple[Node, ...]:
    """The identifiers that mean what a declaration declares, in order, its own left out."""
    scope = _scope(spec)
    own = declared_names(spec)
    return tuple(
        each
        for each in (identifiers(scope, name) if scope is not None else ())
        if each not in own and declaration(each) == spec
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
        short = self.node.type == "short_var_declaration"
        given = self.node.child_by_field_name("right" if short else "value")
        values = given.named_children if given is not None else []
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
        return uses_of(self.node, self.name)

    def captured(self) -> bool:
        """Whether a function literal below its declaration uses it."""
        return any(home(use) != home(self.node) for use in self.uses())


@dataclass(frozen=True, slots=True)
class Local(Variable):
    """A variable that a statement of its own declares, in a block.

    Attributes:
        statement: that declares it: ``x := …`` or ``var x …``.
    """

    statement: Node

    @classmethod
    def of(cls, identifier: Node | None) -> Local | None:
        """The variable that a name means; None for a parameter, or one declared among others."""
        known = variable(identifier)
        return cls.declared_by(known.node) if known is not None else None

    @classmethod
    def declared_by(cls, spec: Node) -> Local | None:
        """The variable of a ``:=`` or a ``var_spec``; None for several, or another statement."""
        names = declared_names(spec) if spec.type in _VARIABLES else []
        statement, alone = spec, len(names) == 1
        if spec.parent is not None and spec.parent.type == "var_declaration":
            statement, alone = spec.parent, alone and spec.parent.named_child_count == 1
        block = statement.parent
        if not alone or block is None or block.type != "statement_list":
            return None
        return cls(text(names[0]), spec, statement)


def variable(identifier: Node | None) -> Variable | None:
    """The parameter or local variable that an identifier means."""
    if identifier is None or identifier.type != "identifier":
        return None
    node = declaration(identifier)
    return Variable(text(identifier), node) if node is not None else None


def own(identifier: Node) -> Variable | None:
    """The variable that an identifier means, if the function made it: ``:=`` or ``var``.

    What a parameter or the package holds has uses that cannot be seen.
    """
    known = variable(identifier)
    return known if known is not None and known.node.type in _VARIABLES else None


def meanings(name: Node) -> tuple[Node, ...] | None:
    """Every identifier that means what `own` tells of, its declaration left out; None for none."""
    known = own(name)
    return known.uses() if known is not None else None


def pointed_at(node: Node | None) -> Variable | None:
    """The variable whose address an expression takes: ``&v``."""
    return variable(operand(node, "&"))


def declares_anew(statement: Node, name: str) -> bool:
    """Whether ``name :=`` would be a new variable in the place of a statement of a block."""
    block = statement.parent
    function = home(statement)
    if block is None or function is None:
        return False
    whole = block.parent is not None and block.parent == function.child_by_field_name("body")
    return not any(
        each.scope == block or (whole and each.scope == function)
        for each in _declarations(function, name)
        if each.first <= statement.start_byte
    )
