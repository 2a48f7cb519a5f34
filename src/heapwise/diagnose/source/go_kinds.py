"""Types of Go as their source reads, taken apart: ``[]byte``, ``map[string]int``, ``untyped int``.

Constants without a type are ``untyped int``, ``untyped string`` and so on.
"""

from __future__ import annotations

SIGNED = frozenset({"int", "int8", "int16", "int32", "int64", "rune"})
UNSIGNED = frozenset({"uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "byte"})
INTEGERS = SIGNED | UNSIGNED
BASIC = INTEGERS | {"string", "bool", "float32", "float64"}


def default_type(kind: str) -> str:
    """The type that a variable gets from a constant without one."""
    return {"untyped rune": "rune", "untyped float": "float64"}.get(
        kind, kind.removeprefix("untyped ")
    )


def is_constant(kind: str) -> bool:
    """Whether a type is that of a constant without a type."""
    return kind.startswith("untyped ")


def element(kind: str) -> str:
    """What ranging over a type gives as its second value, or indexing: empty if neither can be."""
    if kind.startswith("map["):
        return kind[_closing(kind, 3) + 1 :]
    if kind.startswith("["):
        return kind[_closing(kind, 0) + 1 :]
    return "byte" if kind == "string" else ""


def key(kind: str) -> str:
    """What ranging over a type gives as its first value; empty for what cannot be ranged over."""
    if kind in INTEGERS:
        return kind
    if kind.startswith("map["):
        return kind[4 : _closing(kind, 3)]
    return "int" if kind.startswith("[") or kind == "string" else ""


def _closing(kind: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(kind)):
        depth += {"[": 1, "]": -1}.get(kind[index], 0)
        if not depth:
            return index
    return len(kind)
