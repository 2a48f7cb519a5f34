"""One Go file: its functions, imports and calls, each found once and only when asked for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_functions import GoCall, GoFunction, function_name
from heapwise.diagnose.source.go_names import shadowed
from heapwise.diagnose.source.go_syntax import FUNCTION_TYPES, descend, parse, query, text, word
from heapwise.diagnose.source.match import Edit, Span

if TYPE_CHECKING:
    from tree_sitter import Node

    from heapwise.diagnose.source.go_module import GoPackage


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
    _calls: dict[str, Sequence[GoCall]] = field(default_factory=dict, init=False, repr=False)
    _bare: dict[str, bool] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def root(self) -> Node:
        """The ``source_file`` node."""
        return parse(self.data)

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
            GoFunction(node, function_name(node))
            for node in self.root.named_children
            if node.type in FUNCTION_TYPES
        )

    @cached_property
    def _starts(self) -> list[int]:
        return [function.node.start_byte for function in self.functions]

    @cached_property
    def specs(self) -> Mapping[str, Node]:
        """The specs of types, variables and constants that the file declares, by name."""
        found: dict[str, Node] = {}
        for top in self.root.named_children:
            for spec in _specs(top):
                for name in spec.children_by_field_name("name"):
                    found[text(name)] = spec
        return found

    def places(self, pattern: re.Pattern[bytes]) -> Iterator[Node]:
        """The innermost nodes at what a pattern matches, or at its first group.

        A file in which nothing matches is not parsed for it.
        """
        for found in pattern.finditer(self.data):
            start, end = found.span(pattern.groups)
            node = self.root.descendant_for_byte_range(start, end)
            if node is not None:
                yield node

    def calls(self, *names: str) -> Iterator[GoCall]:
        """The calls of functions by name as `GoCall.name` has it; without names, every call."""
        if not names:
            for nodes in query("(call_expression) @call", self.root):
                yield self.call(nodes["call"][0])
        for name in names:
            yield from (call for call in self._called(name.rpartition(".")[2]) if call.name == name)

    def _called(self, name: str) -> Sequence[GoCall]:
        """The calls of whatever has a name, of whichever package or value."""
        if name not in self._calls:
            callees = self.places(word(name, rb"(?=\s*\()"))
            self._calls[name] = tuple(
                self.call(call) for callee in callees if (call := _call_of(callee, name))
            )
        return self._calls[name]

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
        name = text(identifier)
        if name not in self._bare:
            # Where no package's name can stand something may be called so.
            self._bare[name] = word(name, rb"(?![\w.\"])").search(self.data) is not None
        return self._bare[name] and shadowed(identifier)

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

    def owner(self, node: Node) -> str:
        """The declared function that a node lies in, as profiles name it; empty for none."""
        function = self.function_at(node)
        return function.name if function is not None else ""

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

    def indent(self, node: Node) -> str:
        """The white space that a node's line begins with."""
        start = self.data.rfind(b"\n", 0, node.start_byte) + 1
        line = self.data[start : node.start_byte]
        return line[: len(line) - len(line.lstrip())].decode()

    def lines(self, span: Span) -> str:
        """The text of lines, without what they are indented by in common."""
        from textwrap import dedent  # noqa: PLC0415 - regular expressions, only for output

        rows = self.data.splitlines()[span.line - 1 : span.end_line]
        return dedent("\n".join(row.decode("utf-8", "replace") for row in rows))


def default_name(path: str) -> str:
    """What a package is called where the import does not say: the last element, no version."""
    parts = path.split("/")
    last = parts[-1]
    if len(parts) > 1 and last[:1] == "v" and last[1:].isdecimal():
        last = parts[-2]
    return last.partition(".v")[0].removeprefix("go-")


def _call_of(callee: Node, name: str) -> Node | None:
    """The call of what a node names, where it names what is called."""
    selector = callee.parent if callee.type == "field_identifier" else callee
    call = selector.parent if selector is not None else None
    if call is None or call.type != "call_expression" or text(callee) != name:
        return None
    return call if call.child_by_field_name("function") == selector else None


def _specs(top: Node) -> Iterator[Node]:
    """What a declaration of a file declares, apart from functions."""
    if top.type == "type_declaration":
        yield from top.named_children
    elif top.type in ("var_declaration", "const_declaration"):
        for kind in ("var_spec", "const_spec"):
            yield from descend(top, kind, into=("var_spec_list",))
