"""Frames of Python programs: whose a file is, which only its path tells.

================================================  ==========================================
``…/lib/python3.11/gzip.py``, ``python311.zip/…``  standard library
``…/site-packages/starlette/…``, ``dist-packages``  a dependency, here ``starlette``
``…/bin/uvicorn``                                  a dependency's way to start: no module
``<frozen runpy>``, ``<string>``                   made by the interpreter or by code: library
no file, ``python.no_frame``                       memory that no Python code asked for: library
``…/heapwise_agent/…``                             ourselves: library
anything else                                      the service's own
================================================  ==========================================

A service may lie below any directory, so only these shapes are taken for somebody else's.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PACKAGES = re.compile(r".*[/\\](?:site|dist)-packages[/\\](?P<package>[^/\\]+)", re.DOTALL)
_LIBRARY = re.compile(
    r"[/\\]lib(?:64)?[/\\]python(?:3|3\.\d+t?|3\d+t?\.zip)[/\\]|^[A-Za-z]:\\.*\\Lib\\", re.DOTALL
)
_SCRIPT = re.compile(r"[/\\](?:s?bin|Scripts)[/\\][^/\\.]+(?:\.exe[/\\]__main__\.py)?$")
_AGENT = re.compile(r"(?:^|[/\\])heapwise_agent[/\\]")
_SUFFIX = re.compile(r"\.(?:py|so|pyd)$")

PSEUDO = "python."
"""What names of frames begin with that are no functions, such as ``python.no_frame``."""

_DISPATCHERS = frozenset({
    "asyncio.base_events.BaseEventLoop.run_forever",
    "asyncio.base_events.BaseEventLoop.run_until_complete",
    "asyncio.events.Handle._run",
    "asyncio.runners.Runner.run",
    "concurrent.futures.process._process_worker",
    "concurrent.futures.thread._WorkItem.run",
    "multiprocessing.process.BaseProcess._bootstrap",
    "socketserver.BaseServer.serve_forever",
    "threading.Thread._bootstrap_inner",
    "threading.Thread.run",
})  # fmt: skip


@lru_cache(maxsize=1 << 16)
def is_library(function: str, file: str) -> bool:
    """Whether a function is Python's own: nobody would change it, and nobody chose it."""
    if not file:
        return function.startswith(PSEUDO)
    if file.startswith("<") or is_agent(file):
        return True
    return _LIBRARY.search(file) is not None and _PACKAGES.match(file) is None


@lru_cache(maxsize=1 << 16)
def is_dependency(_function: str, file: str) -> bool:
    """Whether a function came with a package that somebody else publishes."""
    return _PACKAGES.match(file) is not None or _SCRIPT.search(file) is not None


def is_dispatcher(function: str, _file: str) -> bool:
    """Whether a function runs whatever is due next: its callers asked for nothing below it.

    Every response of an event loop has ``main`` at its root, which called ``run``.
    """
    return function in _DISPATCHERS


@lru_cache(maxsize=1 << 16)
def package_of(function: str) -> str:
    """The module in a function's name as far as capitals and brackets tell: ``app.views``."""
    parts = function.split(".")
    head = []
    for part in parts[:-1]:
        if part[:1].isupper() or part.startswith("<"):
            break
        head.append(part)
    return ".".join(head)


@lru_cache(maxsize=1 << 16)
def module_of(file: str) -> str:
    """The installed package that a file is of; empty for the library's and the service's own.

    Its import name: what a profile holds does not tell the version.
    """
    found = _PACKAGES.match(file)
    return _SUFFIX.sub("", found["package"]) if found else ""


@lru_cache(maxsize=1 << 16)
def shown_file(file: str) -> str:
    """A source file for people: a package's or the library's without where that lies."""
    if not file.endswith(".py"):
        return file
    if found := _PACKAGES.match(file):
        return file[found.start("package") :]
    library = _LIBRARY.search(file)
    return file[library.end() :] if library else file


def is_agent(file: str) -> bool:
    """Whether a file is of heapwise's own agent, which answers debug requests."""
    return _AGENT.search(file) is not None
