"""The class of an entry: why the value is on the heap."""

from __future__ import annotations

import re

from heapwise.model.escape import EscapeEntry, EscapeKind, Reason

_CONVERSION = re.compile(r"\(?(?:string|\[\](?:byte|rune|uint8|int32))\)?\(")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_NUMBER = re.compile(r"(?:^| )\d[\w.]*(?= |$)")
_CONSTANT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|-?\d[\w.+-]*|true|false|nil")
_COMPOSITE = re.compile(r"&|new\(|make\(|\[|[\w.]+\{|\.\.\. argument$|func literal$")
_UNSTACKABLE = frozenset({"too large for stack", "too aligned for stack"})

_BY_TAG = {
    "captured by a closure": Reason.CAPTURED,
    "send": Reason.SENT,
    "return": Reason.RETURNED,
    "call parameter": Reason.PASSED,
}

_ALLOCATES_ANYHOW = frozenset(
    {Reason.VARIABLE_SIZE, Reason.CONVERSION, Reason.CONCATENATION, Reason.APPEND, Reason.MAP}
)
"""What the compiler keeps from escaping and the runtime allocates all the same, beyond 32 B."""


def reason(entry: EscapeEntry) -> Reason:
    """Why the value of an entry is on the heap.

    What it is decides first, since a conversion copies wherever the copy goes; else the last
    thing that happens to it on its way does.
    """
    tags = {step.tag for step in entry.steps}
    if tags & _UNSTACKABLE:
        return Reason.TOO_LARGE
    by_what = _by_what(entry.what)
    if by_what is not Reason.UNKNOWN:
        return by_what
    if "non-constant size" in tags or (entry.kind is EscapeKind.STAYS and _has_any_size(entry)):
        return Reason.VARIABLE_SIZE
    if _is_boxed(entry):
        return Reason.BOXED
    for step in reversed(entry.steps):
        # An append keeps nothing by itself: where its result goes stands behind it.
        if step.tag in _BY_TAG and not step.text.startswith("append("):
            return _BY_TAG[step.tag]
    return Reason.STORED if entry.steps else Reason.UNKNOWN


def allocates(entry: EscapeEntry) -> bool:
    """Whether an entry can be the cause of an allocation on its line.

    Of constants it cannot: they lie in the program's own data, in an interface as well.
    """
    if _CONSTANT.fullmatch(entry.what):
        return False
    return entry.kind is not EscapeKind.STAYS or reason(entry) in _ALLOCATES_ANYHOW


def _by_what(what: str) -> Reason:
    if what.startswith("append"):
        return Reason.APPEND
    if what == "func literal":
        return Reason.CLOSURE
    if _CONVERSION.match(what):
        return Reason.CONVERSION
    outside = _outside_brackets(_STRING.sub('""', what))
    if " + " in outside and not _NUMBER.search(outside):
        return Reason.CONCATENATION
    if what.startswith(("make(map", "map[")):
        return Reason.MAP
    return Reason.UNKNOWN


def _outside_brackets(what: str) -> str:
    """An expression without what stands in brackets of any kind."""
    depth, kept = 0, []
    for char in what:
        depth -= char in ")]}"
        if depth <= 0:
            kept.append(char)
        depth += char in "([{"
    return "".join(kept)


def _has_any_size(entry: EscapeEntry) -> bool:
    """Whether it is a ``make`` whose size is only known at run time; constants are printed so."""
    _, comma, size = entry.what.removesuffix(")").rpartition(", ")
    return entry.what.startswith("make(") and bool(comma) and not size.isdecimal()


def _is_boxed(entry: EscapeEntry) -> bool:
    """Whether a plain value gets storage of its own: an interface asks for that."""
    if entry.kind is EscapeKind.MOVED or _COMPOSITE.match(entry.what):
        return False
    return any(step.tag == "spill" and step.text == entry.what for step in entry.steps[:2])
