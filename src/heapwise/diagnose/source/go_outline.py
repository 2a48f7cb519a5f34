"""Which names a Go file may declare for its package, told from its text alone.

Whoever looks for one declaration need not parse a whole package for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAME = rb"[\w\x80-\xff]+"
_NAMES = re.compile(_NAME)
_DECLARATION = re.compile(rb"\n[ \t]*(func|type|var|const)\b[ \t]*(\([ \t]*\n|[^\n]*)")
_FUNCTION = re.compile(rb"(?:\([^)]*\)\s*)?(" + _NAME + rb")")
_SPEC = re.compile(_NAME + rb"(?:[ \t]*,[ \t]*" + _NAME + rb")*")
_IN_GROUP = re.compile(rb"^[ \t]*(" + _SPEC.pattern + rb")", re.MULTILINE)
_END_OF_GROUP = re.compile(rb"\n[ \t]*\)")


def outline(data: bytes) -> frozenset[bytes]:
    """The names of the functions, methods, types, variables and constants of a file.

    More than these: what functions declare for themselves may be among them.
    """
    return frozenset(_names(data))


def _names(data: bytes) -> Iterator[bytes]:
    for found in _DECLARATION.finditer(data):
        kind, rest = found[1], found[2]
        if kind == b"func":
            function = _FUNCTION.match(rest)
            if function is not None:
                yield function[1]
        elif rest[:1] == b"(":
            end = _END_OF_GROUP.search(data, found.end() - 1)
            for line in _IN_GROUP.findall(data, found.end(), end.start() if end else len(data)):
                yield from _NAMES.findall(line)
        else:
            spec = _SPEC.match(rest.removeprefix(b"("))
            yield from _NAMES.findall(spec[0]) if spec is not None else ()
