"""Whether Go code runs more often than its program, as far as the place tells where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoFunction
from heapwise.diagnose.source.go_loops import loop_around
from heapwise.diagnose.source.go_syntax import ancestors, enclosing, functions_around

if TYPE_CHECKING:
    from tree_sitter import Node

_ENDS = frozenset({"panic", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf"})
_ONCE = frozenset({"sync.OnceValue", "sync.OnceFunc", "sync.OnceValues", ".Do"})


def runs_again(file: GoFile, node: Node) -> GoFunction | None:
    """The declared function that a node is in, where it runs more often than the program.

    None for package variables, for ``init``, for ``main`` outside its loops and literals, for what
    sync.Once guards, and for the last words of a program: the arguments of ``panic`` and
    ``log.Fatal``.
    """
    function = file.function_at(node)
    if function is None or _ends(file, node):
        return None
    literals = [each for each in functions_around(node) if each.type == "func_literal"]
    if any(_is_guarded(file, each) for each in literals):
        return None
    if not literals and (
        function.name == "init" or (function.name == "main" and loop_around(node) is None)
    ):
        return None
    return function


def _ends(file: GoFile, node: Node) -> bool:
    """Whether a node is said when the program ends; what a function in it does, is not."""
    for each in ancestors(node):
        if each.type == "func_literal":
            return False
        if each.type == "call_expression" and file.call(each).name in _ENDS:
            return True
    return False


def _is_guarded(file: GoFile, literal: Node) -> bool:
    call = enclosing(literal, "call_expression")
    return call is not None and file.call(call).name in _ONCE
