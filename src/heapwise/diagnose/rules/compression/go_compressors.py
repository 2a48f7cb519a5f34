"""Compressors of Go in source: where one is built for a response or message, and how to pool it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from heapwise.diagnose.rules.compression.go_pools import (
    BORROWERS,
    above,
    per_message,
    pool_name,
)
from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, GoFunction
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_names import Variable, declared_names
from heapwise.diagnose.source.go_often import often
from heapwise.diagnose.source.go_runs import runs_again
from heapwise.diagnose.source.go_syntax import descend, enclosing, functions_around, text
from heapwise.diagnose.source.go_values import binding, borrows, bound
from heapwise.diagnose.source.match import Edit, Match, Span
from heapwise.model.finding import Sketch

if TYPE_CHECKING:
    from tree_sitter import Node

_WRITERS = (
    "compress/gzip.NewWriter",
    "compress/gzip.NewWriterLevel",
    "compress/zlib.NewWriter",
    "compress/zlib.NewWriterLevel",
    "compress/flate.NewWriter",
)

_SERVE = frozenset({".ServeHTTP"})
_HANDED_ON = frozenset({"expression_list", "literal_value", "literal_element", "unary_expression"})


def find(file: GoFile) -> Iterable[Match]:
    """The compressors that a function builds for itself and that end with it."""
    for call in file.calls(*_WRITERS):
        function, writer = runs_again(file, call.node), bound(call.node)
        if function is None or writer is None or not per_message(file, call):
            continue
        if not any(_leaves(file, use) for use in writer.uses()):
            yield _match(file, call, writer, function)


def _leaves(file: GoFile, use: Node) -> bool:
    """Whether the writer outlives the function: it is returned, or becomes part of something."""
    parent = use.parent
    return parent is not None and parent.type in _HANDED_ON and not _served(file, use)


def _served(file: GoFile, use: Node) -> bool:
    """Whether it becomes part of what only ServeHTTP is given, which ends with that call.

    What net/http calls a ResponseWriter may not be used any longer, so neither may its parts.
    """
    holder = enclosing(use, "call_expression", "short_var_declaration", "block")
    if holder is None or holder.type == "block":
        return False
    if holder.type == "call_expression":
        return file.call(holder).name == ".ServeHTTP"
    names = declared_names(holder)
    uses = Variable(text(names[0]), holder).uses()
    return len(names) == 1 and all(borrows(file, each, _SERVE) for each in uses)


def _match(file: GoFile, call: GoCall, writer: Variable, function: GoFunction) -> Match:
    package, target = text(call.receiver), text(call.arguments[0])
    pool = f"{package}Writers"
    after = (
        f"var {pool} = {_pool(call)}\n\n"
        f"{writer.name} := {pool}.Get().(*{package}.Writer)\n"
        f"{writer.name}.Reset({target})\n"
        f"defer func() {{\n\t" + "\n\t".join(_ending(pool, writer.name)) + "\n}()"
    )
    return Match(
        span=file.span(call.node),
        function=function.name,
        title=f"{function.name} builds a {package}.Writer at every call",
        why=f"{writer.name} has 0.8 to 1.1 MB of window, hash tables and buffers, made by its first"
        f" Write and by Close, and is thrown away when {target} has got its bytes.",
        remedy=f"Keep the writers in a sync.Pool that is a package variable, Reset one to {target}"
        " and put it back after Close.",
        sketch=Sketch(before=file.lines(file.span(call.node)), after=after),
        saved=0.99,
        saved_allocs=0.9,
        more=tuple(_more(file, call.node, writer)),
        edits=_edits(file, call, writer, function),
        imports=("io", "sync"),
        needs_evidence=not often(file, call.node),
    )


def _more(file: GoFile, call: Node, writer: Variable) -> Iterator[Span]:
    """Where it is written to and closed; what is deferred runs in the lines of the returns."""
    deferred = False
    for use in writer.uses():
        within = enclosing(use, "call_expression", "block")
        if within is not None and within.type == "call_expression":
            if file.call(within).name != ".ServeHTTP":
                yield file.span(within)
            deferred = deferred or enclosing(within, "defer_statement") is not None
    home = next(functions_around(call), None)
    if deferred and home is not None:
        last = home.end_point.row + 1
        yield Span(file.path, last, last)
        for each in descend(home, "return_statement"):
            yield file.span(each)


def _pool(call: GoCall) -> str:
    """A pool of writers like the one that a call makes."""
    package = text(call.receiver)
    if len(call.arguments) == 1:
        made = f"return {package}.NewWriter(io.Discard)"
    else:
        made = f"zw, _ := {_name(call)}(io.Discard, {text(call.arguments[1])}); return zw"
    return f"sync.Pool{{New: func() any {{ {made} }}}}"


def _name(call: GoCall) -> str:
    return text(call.node.child_by_field_name("function"))


def _ending(pool: str, name: str) -> tuple[str, ...]:
    return (
        f"{name}.Close()",
        f"{name}.Reset(io.Discard) // keep nothing of this call alive",
        f"{pool}.Put({name})",
    )


def _edits(file: GoFile, call: GoCall, writer: Variable, function: GoFunction) -> tuple[Edit, ...]:
    """For ``zw := gzip.NewWriter(w)`` that is closed once, at the end or by ``defer``."""
    statement, closing = binding(call.node), _closing(file, writer)
    if len(call.arguments) != 1 or statement is None or closing is None:
        return ()
    if statement.parent is None or statement.parent != closing.parent:
        return ()
    if closing.type == "return_statement":
        return ()
    if closing.type == "defer_statement" and loop_around(closing) is not None:
        return ()
    package, name = text(call.receiver), writer.name
    pool = pool_name(file, function, "writers")
    declared = above(file, function, f"var {pool} = {_pool(call)}")
    new_line = f"\n{file.indent(statement)}"
    taken = (
        f"{name} := {pool}.Get().(*{package}.Writer)",
        f"{name}.Reset({text(call.arguments[0])})",
    )
    ending = _ending(pool, name)
    if closing.type == "defer_statement":
        body = f"{new_line}\t".join(("defer func() {", *ending))
        closed = file.edit(closing, f"{body}{new_line}}}()")
    else:
        end = closing.end_byte
        closed = Edit(file.path, end, end, new_line + new_line.join(ending[1:]))
    return declared, file.edit(statement, new_line.join(taken)), closed


def _closing(file: GoFile, writer: Variable) -> Node | None:
    """The statement that closes a writer which nobody can hold any longer than that."""
    home, closings = next(functions_around(writer.node), None), []
    for use in writer.uses():
        if next(functions_around(use), None) != home:
            return None
        if not borrows(file, use, BORROWERS) and not _served(file, use):
            return None
        call = enclosing(use, "call_expression")
        if call is not None and file.call(call).name == ".Close":
            closings.append(call)
    if len(closings) != 1:
        return None
    statement = closings[0]
    while statement.parent is not None and statement.parent.type != "statement_list":
        statement = statement.parent
    last = writer.uses()[-1]
    deferred = statement.type == "defer_statement"
    return statement if deferred or last.start_byte < statement.end_byte else None
