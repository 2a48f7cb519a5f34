"""Moves a pattern that is compiled per call to a package variable, where that changes nothing else.

A ``Regexp`` may be shared by goroutines as long as nobody calls what changes it. So the patch is
made only where the value never leaves the function: methods are called on it and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

from heapwise.diagnose.source.go_file import GoFile
from heapwise.diagnose.source.go_functions import GoCall, GoFunction
from heapwise.diagnose.source.go_syntax import identifiers, text
from heapwise.diagnose.source.match import Edit

if TYPE_CHECKING:
    from tree_sitter import Node

_COMPILERS = ("regexp.MustCompile", "regexp.MustCompilePOSIX")
_CHANGING = frozenset({"Longest", "UnmarshalText"})


def to_package_level(file: GoFile, call: GoCall, function: GoFunction) -> tuple[Edit, ...]:
    """The patch of a call with one literal; none where the value is more than called on."""
    if call.name not in _COMPILERS or not _used_directly(call.node, function):
        return ()
    callee = text(call.node.child_by_field_name("function"))
    pattern = text(call.arguments[0])
    if "\N{REPLACEMENT CHARACTER}" in pattern:  # not UTF-8: it would not stay what it is
        return ()
    name = _name(file, call, function)
    above = _first_byte(function.node)
    declared = f"var {name} = {callee}({pattern})\n\n"
    return Edit(file.path, above, above, declared), file.edit(call.node, name)


def _used_directly(call: Node, function: GoFunction) -> bool:
    if call.parent is not None and call.parent.type == "selector_expression":
        return _is_harmless(call)
    name = _kept_in(call)
    if name is None:
        return False
    uses = [use for use in identifiers(function.node, text(name)) if use != name]
    return bool(uses) and all(map(_is_harmless, uses))


def _kept_in(call: Node) -> Node | None:
    """The one local variable that a declaration keeps a call's value in."""
    values = call.parent
    if values is None or values.type != "expression_list" or values.named_child_count != 1:
        return None
    declaration = values.parent
    if declaration is None or declaration.type not in ("short_var_declaration", "var_spec"):
        return None
    left = declaration.child_by_field_name("left")
    names = left.named_children if left else declaration.children_by_field_name("name")
    return names[0] if len(names) == 1 and names[0].type == "identifier" else None


def _is_harmless(value: Node) -> bool:
    """Whether a value is there for a method to be called on it that leaves it as it is."""
    selector = value.parent
    if selector is None or selector.type != "selector_expression":
        return False
    outer = selector.parent
    called = (
        outer is not None
        and outer.type == "call_expression"
        and outer.child_by_field_name("function") == selector
    )
    return called and text(selector.child_by_field_name("field")) not in _CHANGING


def _name(file: GoFile, call: GoCall, function: GoFunction) -> str:
    """A name after the function that stands nowhere in the package, another one for each call."""
    stem = _stem(function)
    alike = sorted(
        (other.path, each.node.start_byte)
        for other in file.package.mentioning(b"regexp")
        for each in other.calls(*_COMPILERS)
        if (holder := other.function_at(each.node)) is not None and _stem(holder) == stem
    )
    place = alike.index((file.path, call.node.start_byte))
    free = _free_names(stem, b"\n".join(file.package.contents.values()))
    return [next(free) for _ in range(place + 1)][-1]


def _stem(function: GoFunction) -> str:
    return function.short[:1].lower() + function.short[1:] + "Pattern"


def _free_names(stem: str, source: bytes) -> Iterator[str]:
    for number in count(1):
        name = stem if number == 1 else f"{stem}{number}"
        if not re.search(rb"\b" + re.escape(name.encode()) + rb"\b", source):
            yield name


def _first_byte(function: Node) -> int:
    """Where a declaration begins with the comment that belongs to it."""
    first = function
    while (above := first.prev_sibling) is not None and above.type == "comment":
        alone = above.start_point.column == 0 and above.end_point.row + 1 == first.start_point.row
        if not alone:
            break
        first = above
    return first.start_byte
