"""One Python file, parsed: functions, imports and calls, each found once."""

from __future__ import annotations

import ast
import warnings
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from heapwise.diagnose.source.match import Edit, Span

Function = ast.FunctionDef | ast.AsyncFunctionDef
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class PythonCall:
    """A call.

    Attributes:
        node: the call.
        name: of what is called: ``re.compile`` by module and name, however it was imported;
            ``.append`` for a method of a value; ``len`` and ``helper`` for plain names; empty for
            anything else.
    """

    node: ast.Call
    name: str


@dataclass(frozen=True, eq=False)
class PythonFile:
    """A source file.

    Attributes:
        path: relative to the source directory, with forward slashes.
        data: its bytes.
    """

    path: str
    data: bytes

    @cached_property
    def _parsed(self) -> tuple[ast.Module, str]:
        try:
            with warnings.catch_warnings():
                # Of the source of somebody else, whose own tests show them.
                warnings.simplefilter("ignore")
                return ast.parse(self.data), ""
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f" in line {error.lineno}" if isinstance(error, SyntaxError) else ""
            return ast.Module([], []), f"{type(error).__name__}{line}"

    @property
    def tree(self) -> ast.Module:
        """The module; empty where it cannot be parsed."""
        return self._parsed[0]

    @property
    def was_parsed(self) -> bool:
        """Whether anybody needed the tree so far."""
        return "_parsed" in self.__dict__

    @property
    def error(self) -> str:
        """Why it cannot be parsed; empty if it can."""
        return self._parsed[1]

    @property
    def nodes(self) -> Mapping[type[ast.AST], Sequence[ast.AST]]:
        """Every node by its type, in no order that matters."""
        return self._walked[1]

    @property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """The node that each node is a part of."""
        return self._walked[0]

    @cached_property
    def _walked(self) -> tuple[dict[ast.AST, ast.AST], dict[type[ast.AST], list[ast.AST]]]:
        """Parents and types in one pass: a file's nodes are many, and most of what a look costs."""
        parents: dict[ast.AST, ast.AST] = {}
        nodes: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        left: list[ast.AST] = [self.tree]
        while left:
            node = left.pop()
            for name in node._fields:
                value = getattr(node, name, None)
                for child in value if isinstance(value, list) else (value,):
                    # What says whether a name is read or written is one node for all of them.
                    if isinstance(child, ast.AST) and not isinstance(child, ast.expr_context):
                        parents[child] = node
                        nodes[type(child)].append(child)
                        left.append(child)
        return parents, nodes

    @cached_property
    def imports(self) -> Mapping[str, str]:
        """What imported names stand for: ``np`` for ``numpy``, ``loads`` for ``json.loads``."""
        found = {}
        for node in (*self.nodes.get(ast.Import, ()), *self.nodes.get(ast.ImportFrom, ())):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    found[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return found

    @cached_property
    def _calls(self) -> Mapping[str, Sequence[PythonCall]]:
        found: dict[str, list[PythonCall]] = defaultdict(list)
        for node in self.nodes.get(ast.Call, ()):
            if isinstance(node, ast.Call):
                call = PythonCall(node, self.name_of(node.func))
                found[call.name].append(call)
        return found

    def calls(self, *names: str) -> Iterator[PythonCall]:
        """The calls of functions by name as `PythonCall.name` has it; without names, every call."""
        for name in names or tuple(self._calls):
            yield from self._calls.get(name, ())

    def name_of(self, node: ast.expr) -> str:
        """What an expression names, as `PythonCall.name` has it."""
        if isinstance(node, ast.Name):
            return self.imports.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            parts = [node.attr]
            inner = node.value
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name) and inner.id in self.imports:
                return ".".join([self.imports[inner.id], *reversed(parts)])
            return f".{node.attr}"
        return ""

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """A node's parent, its parent and so on."""
        each = self.parents.get(node)
        while each is not None:
            yield each
            each = self.parents.get(each)

    def function_of(self, node: ast.AST) -> Function | None:
        """The innermost function whose body a node is in; decorators and defaults run outside."""
        below = node
        for each in self.ancestors(node):
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and below in each.body:
                return each
            below = each
        return None

    def loop_around(self, node: ast.AST) -> ast.AST | None:
        """The innermost loop or comprehension that runs a node each time round."""
        below = beneath = node
        for each in self.ancestors(node):
            if isinstance(each, _LOOPS) and (
                below in each.body or (isinstance(each, ast.While) and below is each.test)
            ):
                return each
            if isinstance(each, _COMPREHENSIONS) and not _runs_once(each, below, beneath):
                return each
            if isinstance(each, _SCOPES):
                return None
            below, beneath = each, below
        return None

    def qualified(self, function: ast.AST) -> str:
        """A function's name as profiles have it behind the module: ``App.page``."""
        names = [getattr(function, "name", "<lambda>")]
        for each in self.ancestors(function):
            if isinstance(each, ast.ClassDef):
                names.append(each.name)
            elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                names += ["<locals>", each.name]
        return ".".join(reversed(names))

    def function_of_line(self, line: int) -> Function | None:
        """The innermost function whose body or head has a line, from 1."""
        best: Function | None = None
        for kind in (ast.FunctionDef, ast.AsyncFunctionDef):
            for node in self.nodes.get(kind, ()):
                assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - by key
                if node.lineno <= line <= (node.end_lineno or node.lineno) and (
                    best is None or node.lineno > best.lineno
                ):
                    best = node
        return best

    def function_name(self, line: int) -> str:
        """The innermost function that a line lies in, its own name alone; empty for none."""
        function = self.function_of_line(line)
        return function.name if function is not None else ""

    def function_lines(self, line: int) -> Span | None:
        """All lines of the innermost function that a line lies in."""
        function = self.function_of_line(line)
        return self.span(function) if function is not None else None

    def span(self, node: ast.stmt | ast.expr, end: ast.stmt | ast.expr | None = None) -> Span:
        """The lines of a node, or those from its first to the last of another."""
        last = end or node
        return Span(self.path, node.lineno, last.end_lineno or last.lineno)

    @property
    def is_utf8(self) -> bool:
        """Whether columns of ``ast``, which count UTF-8, are columns of the file's bytes."""
        try:
            self.data.decode()
        except UnicodeDecodeError:
            return False
        return True

    @cached_property
    def _line_starts(self) -> list[int]:
        # A byte order mark is none of the first line's columns.
        starts = [len(BOM_UTF8) if self.data.startswith(BOM_UTF8) else 0]
        for row in self.data[starts[0] :].splitlines(keepends=True):
            starts.append(starts[-1] + len(row))
        return starts

    def edit(self, node: ast.stmt | ast.expr, replacement: str) -> Edit:
        """An edit that puts something in a node's place; only for a file that `is_utf8`."""
        assert node.end_lineno is not None  # noqa: S101 - parsed from text
        assert node.end_col_offset is not None  # noqa: S101 - the same
        start = self._line_starts[node.lineno - 1] + node.col_offset
        end = self._line_starts[node.end_lineno - 1] + node.end_col_offset
        return Edit(self.path, start, end, replacement)

    def text(self, node: ast.expr) -> str:
        """An expression as it stands; written anew where the file's encoding hides its place."""
        if not self.is_utf8:
            return written(node)
        edit = self.edit(node, "")
        return self.data[edit.start : edit.end].decode()

    def lines(self, span: Span) -> str:
        """The text of lines, without what they are indented by in common."""
        from textwrap import dedent  # noqa: PLC0415 - regular expressions, only for output

        rows = self.data.splitlines()[span.line - 1 : span.end_line]
        return dedent("\n".join(row.decode("utf-8", "replace") for row in rows))


def written(node: ast.expr) -> str:
    """An expression as Python would write it; dots where it is nested too deeply to say."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "…"


def _runs_once(comprehension: ast.AST, part: ast.AST, below: ast.AST) -> bool:
    """Whether something below a part of a comprehension is the first that it walks through."""
    generators: list[ast.comprehension] = getattr(comprehension, "generators", [])
    return bool(generators) and part is generators[0] and below is generators[0].iter
