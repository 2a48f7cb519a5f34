"""Local variables of Go functions: where they are used, and when their code runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import (
    FUNCTION_TYPES,
    GoFile,
    ancestors,
    declaration,
    declared_names,
    enclosing,
    loop_around,
    query,
    text,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_ENDS = frozenset({"panic", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf"})
_ONCE = frozenset({"sync.OnceValue", "sync.OnceFunc", "sync.OnceValues", ".Do"})


@dataclass(frozen=True, slots=True)
class Local:
    """A variable that a function declares in a statement of its own, alone.

    Attributes:
        name: of the variable.
        statement: that declares it: ``x := …`` or ``var x …``.
        spec: the statement itself, or the ``var_spec`` in it.
        value: what it starts as; None where it starts as its zero.
        kind: the type that the statement names; None where it names none.
        uses: every other identifier that means it, in order.
    """

    name: str
    statement: Node
    spec: Node
    value: Node | None
    kind: Node | None
    uses: tuple[Node, ...]

    @classmethod
    def of(cls, identifier: Node) -> Local | None:
        """The variable that a name means; None for a parameter, or one declared among others."""
        spec = declaration(identifier)
        return cls.declared_by(spec) if spec is not None else None

    @classmethod
    def declared_by(cls, spec: Node) -> Local | None:
        """The variable of a ``:=`` or a ``var_spec``; None for several, or another statement."""
        if spec.type not in ("short_var_declaration", "var_spec"):
            return None
        statement = spec if spec.type == "short_var_declaration" else _var_statement(spec)
        if statement is None or statement.parent is None:
            return None
        names = declared_names(spec)
        if statement.parent.type != "statement_list" or len(names) != 1:
            return None
        values = spec.child_by_field_name("right") or spec.child_by_field_name("value")
        return cls(
            text(names[0]),
            statement,
            spec,
            values.named_children[0] if values is not None else None,
            spec.child_by_field_name("type"),
            tuple(uses_of(spec, statement.parent, text(names[0]))),
        )

    @property
    def captured(self) -> bool:
        """A function literal below its declaration uses it, or a ``defer`` or ``go``."""
        home = enclosing(self.spec, "func_literal", *FUNCTION_TYPES)
        return any(enclosing(use, "func_literal", *FUNCTION_TYPES) != home for use in self.uses)


def _var_statement(spec: Node) -> Node | None:
    """The ``var`` of a spec that it declares alone."""
    parent = spec.parent
    if parent is not None and parent.type == "var_declaration" and parent.named_child_count == 1:
        return parent
    return None


def uses_of(spec: Node, scope: Node, name: str) -> list[Node]:
    """The identifiers in a scope that mean what a declaration declares, itself left out."""
    own = declared_names(spec)
    return [
        node
        for nodes in query("(identifier) @name", scope)
        for node in nodes["name"]
        if text(node) == name and node not in own and declaration(node) == spec
    ]


def is_written(node: Node) -> bool:
    """Whether an expression is assigned to, counted up, or has its address taken."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "expression_list" and parent.parent is not None:
        return parent.parent.child_by_field_name("left") == parent
    if parent.type == "unary_expression":
        return text(parent.child_by_field_name("operator")) == "&"
    return parent.type in ("inc_statement", "dec_statement")


def runs_once(file: GoFile, node: Node) -> bool:
    """Whether code runs when the program starts or ends, as far as its place tells.

    That is package variables, ``init``, ``main`` outside of loops, what sync.Once guards, and the
    arguments of ``panic`` and ``log.Fatal``.
    """
    function = file.function_at(node)
    if function is None or function.name == "init":
        return True
    if function.name == "main" and loop_around(node) is None:
        return True
    calls = (each for each in ancestors(node) if each.type == "call_expression")
    return any(_ends_or_guards(file, each, node) for each in calls)


def _ends_or_guards(file: GoFile, call: Node, node: Node) -> bool:
    name = file.call(call).name
    guarded = enclosing(node, "func_literal") is not None and name in _ONCE
    return name in _ENDS or guarded


def speaks(file: GoFile, since: tuple[int, int]) -> bool:
    """Whether a file's module is of a language version that new, or says none."""
    module = file.package.module
    return not module.path or module.go >= since


def indent(file: GoFile, node: Node) -> str:
    """The white space that a node's line begins with."""
    start = file.data.rfind(b"\n", 0, node.start_byte) + 1
    line = file.data[start : node.start_byte]
    return line[: len(line) - len(line.lstrip())].decode()
