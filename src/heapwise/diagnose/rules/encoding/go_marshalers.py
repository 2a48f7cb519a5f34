"""Whether a type of Go looks the same in JSON by value and by pointer, and whether it can fail.

``encoding/json`` calls a method with a pointer receiver only on what it can take the address of:
through a pointer that is the value and all that lies in it, by value it is nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_syntax import descend, text

if TYPE_CHECKING:
    from tree_sitter import Node

_BASIC = frozenset(
    {
        *("bool", "string", "byte", "rune", "error", "any", "uintptr", "float32", "float64"),
        *(f"{sign}int{size}" for sign in ("", "u") for size in ("", "8", "16", "32", "64")),
    }
)
_BY_VALUE = frozenset(
    {"time.Time", "time.Duration", "time.Month", "time.Weekday", "json.RawMessage", "json.Number"}
)
"""Types of other packages whose methods, if any, have value receivers."""

_METHODS = ("MarshalJSON", "MarshalText", "MarshalJSONTo")
_HOLD_ANYTHING = frozenset({"interface_type", "function_type", "channel_type"})
_EITHER_WAY = frozenset(
    {"pointer_type", "slice_type", "map_type", "interface_type", "function_type", "channel_type"}
)
"""What they hold can be addressed, or not, whichever way they are reached."""


def struct_of(file: GoFile, name: str) -> list[Node] | None:
    """The fields of a struct type that the package declares; None for any other name."""
    if not name.isidentifier() or name in _BASIC:
        return None  # without looking into the other files
    known = file.package.type(name)
    kind = known[1].child_by_field_name("type") if known is not None else None
    generic = known is not None and known[1].child_by_field_name("type_parameters") is not None
    return (
        _fields(kind) if kind is not None and kind.type == "struct_type" and not generic else None
    )


def same_by_pointer(file: GoFile, name: str) -> bool:
    """Whether a type of the package, by its name, gives the same JSON by value and by pointer."""
    return _same(file, name, set())


def _same(file: GoFile, name: str, seen: set[str]) -> bool:
    if name in seen or name in _BASIC or name in _BY_VALUE:
        return True
    seen.add(name)
    known = file.package.type(name)
    if known is None or any(file.package.function(f"(*{name}).{each}") for each in _METHODS):
        return False
    kind = known[1].child_by_field_name("type")
    return kind is not None and _same_type(known[0], kind, seen)


def _same_type(file: GoFile, kind: Node, seen: set[str]) -> bool:
    if kind.type in _EITHER_WAY:
        return True
    if kind.type == "array_type":
        element = kind.child_by_field_name("element")
        return element is not None and _same_type(file, element, seen)
    if kind.type == "struct_type":
        return all(_same_field(file, field, seen) for field in _fields(kind))
    return kind.type in ("type_identifier", "qualified_type") and _same(file, text(kind), seen)


def _same_field(file: GoFile, field: Node, seen: set[str]) -> bool:
    if not _is_written(field):
        return True
    names, kind = field.children_by_field_name("name"), field.child_by_field_name("type")
    embedded_pointer = not names and text(field).startswith("*")
    return embedded_pointer or (kind is not None and _same_type(file, kind, seen))


def _fields(struct: Node) -> list[Node]:
    return list(descend(struct, "field_declaration", into=("field_declaration_list",)))


def can_fail(file: GoFile, kind: Node) -> bool:
    """Whether a type can hold something that has no JSON, as an interface, a function, a channel.

    Of types that are declared elsewhere nothing is known, and nothing is said.
    """
    return _may_fail(file, kind, set())


def _may_fail(file: GoFile, kind: Node, seen: set[str]) -> bool:
    if kind.type in ("pointer_type", "slice_type", "array_type"):
        element = kind.child_by_field_name("element") or kind.named_children[-1]
        return _may_fail(file, element, seen)
    if kind.type == "map_type":
        value = kind.child_by_field_name("value")
        return value is not None and _may_fail(file, value, seen)
    if kind.type == "struct_type":
        exported = (field for field in _fields(kind) if _is_written(field))
        kinds = (field.child_by_field_name("type") for field in exported)
        return any(each is not None and _may_fail(file, each, seen) for each in kinds)
    name = text(kind)
    if kind.type in _HOLD_ANYTHING or name in ("any", "complex64", "complex128"):
        return True
    if name in seen or not name.isidentifier() or _has_method(file, name):
        return False
    seen.add(name)
    known = file.package.type(name)
    declared = known[1].child_by_field_name("type") if known is not None else None
    return known is not None and declared is not None and _may_fail(known[0], declared, seen)


def _has_method(file: GoFile, name: str) -> bool:
    """Whether a type of the package marshals itself."""
    return any(
        file.package.function(f"{receiver}.{each}")
        for each in _METHODS
        for receiver in (name, f"(*{name})")
    )


def _is_written(field: Node) -> bool:
    """Whether JSON has a field: embedded, or exported and not left out by its tag."""
    names = field.children_by_field_name("name")
    return '"-"' not in text(field) and (
        not names or any(text(name)[:1].isupper() for name in names)
    )
