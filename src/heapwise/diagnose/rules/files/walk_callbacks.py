"""The functions that are called for every entry of a directory tree, and what they ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall
from heapwise.diagnose.source.go_names import declaration
from heapwise.diagnose.source.go_syntax import text

if TYPE_CHECKING:
    from tree_sitter import Node

_FREE = frozenset({"Name", "IsDir"})
"""What an entry of a directory answers without asking the system again."""

_OF_TYPE = frozenset({"IsDir", "IsRegular"})
_TYPE_BITS = frozenset({
    "ModeDir", "ModeSymlink", "ModeNamedPipe", "ModeSocket", "ModeDevice", "ModeCharDevice",
    "ModeIrregular", "ModeType",
})  # fmt: skip


def callback(file: GoFile, call: GoCall) -> Node | None:
    """The function that a walk calls: a literal, or a function of the package in the same file."""
    given = call.arguments[-1] if call.arguments else None
    if given is None or given.type == "func_literal":
        return given
    if given.type == "identifier" and declaration(given) is None:
        return next((f.node for f in file.functions if f.name == text(given)), None)
    return None


def asks_only_type(use: Node) -> tuple[Node, ...] | None:
    """Whether a use of an ``fs.FileInfo`` is answered by the entry's name and type alone.

    Returns:
        The field names that read differently on an ``fs.DirEntry``: ``Mode`` is ``Type`` there,
        and of ``Mode().IsDir()`` both. None where the system has to be asked.
    """
    selector = use.parent
    if selector is not None and selector.type == "binary_expression":
        return () if text(selector).endswith(" nil") else None
    if selector is None or selector.type != "selector_expression":
        return None
    field = selector.child_by_field_name("field")
    call = selector.parent
    if field is None or call is None or call.type != "call_expression":
        return None
    if text(field) in _FREE:
        return ()
    return (field,) if text(field) == "Mode" and _of_type(call) else None


def _of_type(mode: Node) -> bool:
    """Whether of a file's mode only the bits of its type are looked at."""
    outer = mode.parent
    if outer is None:
        return False
    if outer.type == "selector_expression":
        return text(outer.child_by_field_name("field")) in _OF_TYPE
    if outer.type != "binary_expression" or text(outer.child_by_field_name("operator")) != "&":
        return False
    mask = text(outer.child_by_field_name("right"))
    return mask.partition(".")[0] in ("os", "fs") and mask.partition(".")[2] in _TYPE_BITS
