"""Python source that stands beside a service: what tests it, or shows how it is used."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heapwise.diagnose.source.python_file import PythonFile

_FOLDERS = frozenset({
    "test", "tests", "testing", "testsuite", "fixtures", "mocks", "example", "examples",
    "example_dags", "demo", "demos", "sample", "samples", "script", "scripts", "doc", "docs",
    "benchmark", "benchmarks",
})  # fmt: skip
_NAMES = frozenset({"test", "tests", "testing"})
_TESTS = re.compile(rb"^(?:import|from)[ \t]+(?:pytest|unittest)\b", re.MULTILINE)


def is_aside(file: PythonFile) -> bool:
    """Whether a file is of no service, by its name, the folders it is in, and its imports.

    Who gives ``examples`` itself as source wants to know about them.
    """
    path = PurePosixPath(file.path)
    named = path.stem in _NAMES or path.stem.endswith("_test")
    return named or not _FOLDERS.isdisjoint(path.parts[:-1]) or _TESTS.search(file.data) is not None
