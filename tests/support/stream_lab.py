"""The programs of the stream lab, which are no package: imported for a test, or run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

from heapwise.lab.library import CASES

DIRECTORY = CASES / "stream"


class Programs:
    """The modules of the lab, by attribute: ``programs.logs.LogReader``."""

    def __getattr__(self, name: str) -> ModuleType:
        return import_module(name)


@contextmanager
def programs() -> Iterator[Programs]:
    """Have the lab's directory on the path, and forget its modules: others may be named so."""
    sys.path.insert(0, str(DIRECTORY))
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield Programs()
    finally:
        sys.dont_write_bytecode = writes
        sys.path.remove(str(DIRECTORY))
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(str(DIRECTORY)):
                del sys.modules[name]


def run(program: str, *words: object, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a program of the lab to its end."""
    return subprocess.run(
        [sys.executable, "-B", DIRECTORY / program, *map(str, words)],
        capture_output=True, text=True, check=False, timeout=timeout,
    )  # fmt: skip


def consumer_words(source: str, sink: Path, *more: object) -> list[str]:
    """The words of a consumer with a small state, that stores into SQLite."""
    return [
        sys.executable, "-B", str(DIRECTORY / "consumer.py"), "--source", source,
        "--sink", f"sqlite:{sink}", "--insert", "batch", "--users", "100", *map(str, more),
    ]  # fmt: skip
