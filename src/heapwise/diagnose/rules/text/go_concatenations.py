"""Strings of Go that are put together step by step, and the Builder in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_names import Local
from heapwise.diagnose.source.go_syntax import identifiers, text
from heapwise.diagnose.source.go_types import type_of
from heapwise.diagnose.source.match import Edit

if TYPE_CHECKING:
    from tree_sitter import Node


def added(statement: Node, target: Node, right: Node) -> list[Node]:
    """What a statement puts behind its target; nothing where it does something else."""
    operator = text(statement.child_by_field_name("operator"))
    terms = _terms(right)
    if operator == "+=":
        return terms
    if operator == "=" and len(terms) > 1 and text(terms[0]) == text(target):
        return terms[1:]
    return []


def _terms(node: Node) -> list[Node]:
    """The operands of a chain of additions; of strings, since one of them is."""
    found = []
    while node.type == "binary_expression" and text(node.child_by_field_name("operator")) == "+":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            break
        found.append(right)
        node = left
    return [node, *reversed(found)]


def written(name: str, parts: list[Node], margin: str) -> str:
    """What writes some parts to a Builder, a line each, with a margin from the second on."""
    return f"\n{margin}".join(f"{name}.WriteString({text(part)})" for part in parts)


def builder_edits(file: GoFile, target: Node) -> tuple[Edit, ...]:
    """The variable as a Builder, everywhere; nothing where one use of it cannot be turned."""
    local = Local.of(target)
    if local is None or local.captured() or type_of(file, target) != "string":
        return ()
    edits = [file.edit(local.statement, _declared(file, local))]
    done: set[int] = set()
    for use in local.uses():
        if use.start_byte in done:
            continue
        edit = _used(file, use, local.name, done)
        if edit is None:
            return ()
        edits.append(edit)
    return tuple(edits)


def _declared(file: GoFile, local: Local) -> str:
    start = f"var {local.name} strings.Builder"
    value = local.value()
    if value is None or text(value) in ('""', "``"):
        return start
    return f"{start}\n{file.indent(local.statement)}{local.name}.WriteString({text(value)})"


def _used(file: GoFile, use: Node, name: str, done: set[int]) -> Edit | None:
    """What stands in place of one use; what is written with it is noted."""
    parent = use.parent
    left = parent if parent is not None and parent.type == "expression_list" else None
    statement = left.parent if left is not None else None
    if statement is not None and statement.child_by_field_name("left") == left:
        right = statement.child_by_field_name("right")
        alone = statement.type == "assignment_statement" and left is not None
        if not alone or right is None or right.named_child_count != 1:
            return None
        parts = added(statement, use, right.named_children[0])
        # What is read while it is written, or stands in the head of a loop, is a person's matter.
        inside = [each for part in parts for each in identifiers(part, name)]
        if not parts or inside or _parent_type(statement) != "statement_list":
            return None
        done.update(each.start_byte for each in identifiers(right, name))
        return file.edit(statement, written(name, parts, file.indent(statement)))
    if _parent_type(use) in ("unary_expression", "literal_element"):
        return None
    return file.edit(use, f"{name}.String()")


def _parent_type(node: Node) -> str:
    return node.parent.type if node.parent is not None else ""
