"""Function names as a drawn call graph has room for them: without the path to their package."""

from __future__ import annotations

import re

_LONGEST = 4_096  # matching takes the square of a name's length, and no name of people is longer

_ANONYMOUS = re.compile(r"\(anonymous namespace\)::")
_MAJOR_VERSION = re.compile(r"(.*?)/v(?:[2-9]|[1-9][0-9]+)(?P<rest>[./].*)")
_KEPT = (
    # Go: what follows the last slash of the import path.
    re.compile(r"(?:[\w.-]+/)+(?P<kept>[^.]+\..+)", re.ASCII),
    # Java: class and method, of which the arguments may follow.
    re.compile(
        r"(?:[a-z]\w*\.)*(?P<kept>[A-Z][\w$]*\.(?:<init>|[a-z][\w$]*(?:\$\d+)?))(?:\(|\Z)", re.ASCII
    ),
    # C++: class and method with template arguments.
    re.compile(
        r"(?:[A-Za-z_]\w*::)+(?P<kept>_*[A-Z]\w*::~?[A-Za-z_]\w*(?:<.*>)?)", re.ASCII
    ),
)  # fmt: skip


def shortened(function: str) -> str:
    """The name without what pprof leaves out of boxes."""
    if len(function) > _LONGEST:
        return function
    if found := _ANONYMOUS.match(function):
        function = function[found.end() :]
    if found := _MAJOR_VERSION.fullmatch(function):
        function = found[1] + found["rest"]
    matches = (pattern.match(function) for pattern in _KEPT)
    return next((found["kept"] for found in matches if found), function)
