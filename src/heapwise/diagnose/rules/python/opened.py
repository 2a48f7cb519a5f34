"""Which files a function of Python opens itself."""

from __future__ import annotations

import ast

from heapwise.diagnose.source.python_file import PythonFile

OPENERS = frozenset(
    {"open", "io.open", ".open", "gzip.open", "bz2.open", "lzma.open", "codecs.open"}
)
"""As `PythonCall.name` has them; what ``urlopen`` gives is no file."""


def opened(file: PythonFile, call: ast.Call, name: str) -> ast.With | None:
    """The ``with`` around a call that opens a file by that name."""
    for each in file.ancestors(call):
        if not isinstance(each, ast.With):
            continue
        for item in each.items:
            target, value = item.optional_vars, item.context_expr
            if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Call):
                return each if file.name_of(value.func) in OPENERS else None
    return None
