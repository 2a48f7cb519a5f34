"""Go source that stands beside a service: what tests it, shows it or builds it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heapwise.diagnose.source.go_file import GoFile

_FOLDERS = frozenset({
    "test", "tests", "testing", "testutil", "testutils", "testhelper", "testhelpers", "e2e",
    "integration", "fixture", "fixtures", "mock", "mocks", "example", "examples", "_examples",
    "sample", "samples", "script", "scripts", "hack", "doc", "docs", "bench", "benchmark",
    "benchmarks",
})  # fmt: skip
_NO_SERVICE = re.compile(
    rb'^[ \t]*(?:import[ \t]+)?(?:\w+[ \t]+)?"testing"[ \t]*$|^//go:build[ \t]+ignore\b',
    re.MULTILINE,
)
"""What imports ``testing``, or no build compiles."""


def is_aside(file: GoFile) -> bool:
    """Whether a file is of no service, by its folders below the source directory and its imports.

    Who gives ``examples`` itself as source wants to know about them.
    """
    folders = PurePosixPath(file.path).parts[:-1]
    return not _FOLDERS.isdisjoint(folders) or _NO_SERVICE.search(file.data) is not None
