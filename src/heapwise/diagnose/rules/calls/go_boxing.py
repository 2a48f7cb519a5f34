"""Which values of Go cost an allocation when they become an ``any``, as far as syntax tells.

Free are constants, bools, pointers, and whatever is an interface already. Integers cost from 256
on, strings and floats always; what counts the rounds of a loop seldom gets there. All else depends
on what only a compiler knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_kinds import INTEGERS
from heapwise.diagnose.source.go_names import declaration, declared_names
from heapwise.diagnose.source.go_syntax import text
from heapwise.diagnose.source.go_types import type_of

if TYPE_CHECKING:
    from tree_sitter import Node

_COSTLY = (INTEGERS - {"byte", "uint8", "int8"}) | {"string", "float32", "float64"}
_PLAIN = frozenset({"identifier", "selector_expression", "index_expression"})


def boxed(file: GoFile, values: tuple[Node, ...]) -> tuple[Node, ...]:
    """Those of some values that are surely copied to the heap to become an ``any``."""
    return tuple(
        value
        for value in values
        if type_of(file, value) in _COSTLY and not _is_counter(file, value)
    )


def _is_counter(file: GoFile, value: Node) -> bool:
    """Whether a value is the number of a loop's round."""
    declared = declaration(value) if value.type == "identifier" else None
    if declared is None:
        return False
    if declared.type != "range_clause":
        return declared.parent is not None and declared.parent.type == "for_clause"
    over = declared.child_by_field_name("right")
    is_first = text(declared_names(declared)[0]) == text(value)
    return is_first and over is not None and not type_of(file, over).startswith("map[")


def are_plain(values: tuple[Node, ...]) -> bool:
    """Whether values are only variables, fields and elements: making them allocates nothing."""
    return all(value.type in _PLAIN or value.type.endswith("_literal") for value in values)
