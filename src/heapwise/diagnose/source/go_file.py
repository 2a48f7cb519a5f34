"""One Go file, parsed: functions, imports and calls, each found once and only when asked for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from heapwise.diagnose.source.match import Edit, Span

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Query

    from heapwise.diagnose.source.go_module import GoPackage

INDEXED = (
    "assignment_statement", "call_expression", "composite_literal", "for_statement",
    "func_literal", "go_statement", "if_statement", "range_clause", "return_statement",
    "selector_expression", "send_statement", "short_var_declaration", "var_spec",
)  # fmt: skip
"""Kinds of nodes that rules ask for: one pass over a tree finds them all, which costs as much as
finding one kind."""

_INDEX = "[" + " ".join(f"({kind}) @{kind}" for kind in INDEXED) + "]"

FUNCTION_TYPES = frozenset({"function_declaration", "method_declaration"})


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


@dataclass(frozen=True, eq=False)
class GoFile:
    """A source file.

    Attributes:
        path: relative to the source directory, with forward slashes.
        data: its bytes; nodes count in them.
        package: the files beside it that are compiled together with it, itself among them.
    """

    path: str
    data: bytes
    package: GoPackage = field(repr=False)

    @cached_property
    def root(self) -> Node:
        """The ``source_file`` node."""
        return _parser().parse(self.data).root_node

    @property
    def was_parsed(self) -> bool:
        """Whether anybody needed the tree so far."""
        return "root" in self.__dict__

    @property
    def error_line(self) -> int:
        """The line, from 1, of the first piece that the grammar could not make sense of."""
        node = self.root
        while not node.is_error and not node.is_missing:
            inner = next((each for each in node.children if each.has_error), None)
            if inner is None:
                break
            node = inner
        return node.start_point.row + 1

    @property
    def has_error(self) -> bool:
        """The grammar could not make sense of some of it; the rest is good."""
        return self.root.has_error

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """Import path by the name that the file uses for it; blank and dot imports left out."""
        found = {}
        for node in descend(
            self.root, "import_spec", into=("import_declaration", "import_spec_list")
        ):
            path = text(node.child_by_field_name("path"))[1:-1]
            name = text(node.child_by_field_name("name")) or default_name(path)
            if name not in ("_", "."):
                found[name] = path
        return found

    @cached_property
    def functions(self) -> Sequence[GoFunction]:
        """The declared functions and methods, in order."""
        return tuple(
            GoFunction(node, _function_name(node))
            for node in self.root.named_children
            if node.type in FUNCTION_TYPES
        )

    @cached_property
    def _starts(self) -> list[int]:
        return [function.node.start_byte for function in self.functions]

    @cached_property
    def _index(self) -> Mapping[str, Sequence[Node]]:
        from tree_sitter import QueryCursor  # noqa: PLC0415 - most commands never parse source

        return QueryCursor(_query(_INDEX)).captures(self.root)

    def nodes(self, kind: str) -> Sequence[Node]:
        """Every node of a kind of `INDEXED`, in no order that matters."""
        assert kind in INDEXED  # noqa: S101 - else nothing would be found, silently
        return self._index.get(kind, ())

    @cached_property
    def _calls(self) -> Mapping[str, Sequence[GoCall]]:
        found: dict[str, list[GoCall]] = defaultdict(list)
        for node in self.nodes("call_expression"):
            call = self.call(node)
            found[call.name].append(call)
        return found

    def calls(self, *names: str) -> Iterator[GoCall]:
        """The calls of functions by name as `GoCall.name` has it; without names, every call."""
        for name in names or tuple(self._calls):
            yield from self._calls.get(name, ())

    def call(self, node: Node) -> GoCall:
        """A ``call_expression`` as a call."""
        callee = node.child_by_field_name("function")
        name, receiver = "", None
        if callee is None:
            return GoCall(node, name, receiver)
        if callee.type == "identifier":
            name = text(callee)
        elif callee.type == "selector_expression":
            receiver = callee.child_by_field_name("operand")
            name = "." + text(callee.child_by_field_name("field"))
            if receiver is not None and receiver.type == "identifier":
                path = self.imports.get(text(receiver))
                if path is not None and not self._is_shadowed(receiver):
                    name = path + name
        return GoCall(node, name, receiver)

    def _is_shadowed(self, identifier: Node) -> bool:
        return identifier.text in self._ambiguous and shadowed(identifier)

    @cached_property
    def _ambiguous(self) -> frozenset[bytes]:
        """Names of imports that also stand where no package can: something may be called so."""
        names = b"|".join(re.escape(name.encode()) for name in self.imports)
        bare = re.compile(rb'(?<![.\w"/])(?:' + names + rb")(?![\w.])") if names else None
        return frozenset(bare.findall(self.data)) if bare is not None else frozenset()

    def qualified(self, node: Node) -> str:
        """A selector or qualified type as ``import/path.Name``; anything else as it stands."""
        name, _, rest = text(node).partition(".")
        path = self.imports.get(name)
        return f"{path}.{rest}" if path is not None and rest else text(node)

    def function_at(self, node: Node) -> GoFunction | None:
        """The declared function that a node lies in."""
        index = bisect_right(self._starts, node.start_byte) - 1
        if index < 0 or node.end_byte > self.functions[index].node.end_byte:
            return None
        return self.functions[index]

    def function_of_line(self, line: int) -> GoFunction | None:
        """The declared function that a line, from 1, lies in."""
        for function in self.functions:
            if function.node.start_point.row < line <= function.node.end_point.row + 1:
                return function
        return None

    def function_name(self, line: int) -> str:
        """The declared function that a line lies in, its own name alone; empty for none."""
        function = self.function_of_line(line)
        return function.short if function is not None else ""

    def function_lines(self, line: int) -> Span | None:
        """All lines of the declared function that a line lies in."""
        function = self.function_of_line(line)
        return self.span(function.node) if function is not None else None

    def span(self, node: Node, end: Node | None = None) -> Span:
        """The lines of a node, or those from its first to the last of another."""
        last = end or node
        return Span(self.path, node.start_point.row + 1, last.end_point.row + 1)

    def edit(self, node: Node, replacement: str) -> Edit:
        """An edit that puts something in a node's place."""
        return Edit(self.path, node.start_byte, node.end_byte, replacement)

    def lines(self, span: Span) -> str:
        """The text of lines, without what they are indented by in common."""
        from textwrap import dedent  # noqa: PLC0415 - regular expressions, only for output

        rows = self.data.splitlines()[span.line - 1 : span.end_line]
        return dedent("\n".join(row.decode("utf-8", "replace") for row in rows))


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
        given = self.node.child_by_field_name("parameters")
        for each in given.named_children if given is not None else ():
            kind = each.child_by_field_name("type")
            if kind is None:
                continue
            names = each.children_by_field_name("name")
            for name in names:
                yield text(name), kind
            if not names:
                yield "", kind

    def answers_requests(self) -> bool:
        """Whether its signature is a handler's: of net/http, gin, echo, fiber or fasthttp."""
        kinds = {text(kind) for _, kind in self.parameters()}
        return kinds >= {"http.ResponseWriter", "*http.Request"} or bool(
            kinds
            & {
                "*gin.Context",
                "echo.Context",
                "*echo.Context",
                "*fiber.Ctx",
                "*fasthttp.RequestCtx",
            }
        )


def text(node: Node | None) -> str:
    """The source of a node; empty for None."""
    if node is None or node.text is None:
        return ""
    return node.text.decode("utf-8", "replace")


def default_name(path: str) -> str:
    """What a package is called where the import does not say: the last element, no version."""
    parts = path.split("/")
    last = parts[-1]
    if len(parts) > 1 and last[:1] == "v" and last[1:].isdecimal():
        last = parts[-2]
    return last.partition(".v")[0].removeprefix("go-")


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


def loop_around(node: Node) -> Node | None:
    """The innermost ``for`` whose body runs a node each time round.

    A function literal in between is another matter, unless it is called on the spot.
    """
    below = node
    for each in ancestors(node):
        if each.type == "for_statement" and each.child_by_field_name("body") == below:
            return each
        if each.type in FUNCTION_TYPES:
            return None
        if each.type == "func_literal" and not _called_at_once(each):
            return None
        below = each
    return None


def shadowed(identifier: Node) -> bool:
    """Whether a name means a parameter or a local variable there, not the package's or import's."""
    return declaration(identifier) is not None


def declaration(identifier: Node) -> Node | None:
    """The local declaration that a name means: a parameter, ``:=``, ``var``, ``range`` clause.

    None where it is declared by the package, the language, or an import. Declarations are looked
    for in the blocks around the name, before it.
    """
    wanted, below = identifier.text, identifier
    for each in ancestors(identifier):
        for node in _declarations(each, below):
            if any(name.text == wanted for name in declared_names(node)):
                return node
        below = each
    return None


def declared_names(node: Node) -> list[Node]:
    """The identifiers that a declaring node declares."""
    if node.type in ("short_var_declaration", "range_clause", "receive_statement"):
        left = node.child_by_field_name("left")
        return left.named_children if left is not None else []
    return node.children_by_field_name("name")


def _declarations(scope: Node, below: Node) -> Iterator[Node]:
    """What a scope declares before the part of it that the name is in; the nearest first."""
    if scope.type in FUNCTION_TYPES or scope.type == "func_literal":
        for role in ("parameters", "receiver", "result"):
            part = scope.child_by_field_name(role)
            if part is not None and part.type == "parameter_list":
                yield from part.named_children
    elif scope.type != "source_file":
        for each in reversed(scope.named_children):
            if each.start_byte < below.start_byte:
                yield from _declared_by(each)


def _declared_by(statement: Node) -> Iterator[Node]:
    if statement.type in ("short_var_declaration", "range_clause", "receive_statement"):
        yield statement
    elif statement.type in ("var_declaration", "const_declaration"):
        yield from descend(statement, "var_spec")
        yield from descend(statement, "const_spec")
    elif statement.type == "for_clause":
        first = statement.child_by_field_name("initializer")
        if first is not None:
            yield first


def _called_at_once(literal: Node) -> bool:
    parent = literal.parent
    return (
        parent is not None
        and parent.type == "call_expression"
        and parent.child_by_field_name("function") == literal
    )


def _function_name(node: Node) -> str:
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
