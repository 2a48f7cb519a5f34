"""All files of a directory under all rules, on every processor where there are many files."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path, PurePosixPath
from typing import Any

from heapwise.diagnose.registry import RULES, SourceRule
from heapwise.diagnose.source.check import unread
from heapwise.diagnose.source.collecting import seldom_collecting
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Match
from heapwise.diagnose.source.tree import SourceFile, SourceTree, Unread, is_generated

MANY = 800
"""Files from which on starting processes pays."""

_FOLDERS = 8
"""Folders that a process is given at a time; a package is never divided."""

Coded = tuple[str, Match]
Swept = tuple[list[Coded], list[Unread]]
_Task = tuple[Path, str, Sequence[str]]


def matches(tree: SourceTree, file: SourceFile) -> Iterator[tuple[SourceRule, Match]]:
    """What the rules recognise in a file."""
    words = {word for word in _words(tree.runtime) if word in file.data}
    for rule, look in _looks(tree.runtime):
        if not words.isdisjoint(look.words):
            for match in look.find(file):
                yield rule, match


@cache
def _looks(runtime: str) -> tuple[tuple[SourceRule, Look[Any]], ...]:
    """The rules that look at source of a runtime: to ask a rule what it is costs more than it."""
    rules = (rule for rule in RULES if isinstance(rule, SourceRule))
    return tuple((rule, rule.LOOKS[runtime]) for rule in rules if runtime in rule.LOOKS)


@cache
def _words(runtime: str) -> frozenset[bytes]:
    """What the rules look for in files, each word once however many rules do."""
    return frozenset(word for _, look in _looks(runtime) for word in look.words)


def sweep(tree: SourceTree, processes: int | None = None) -> Iterator[tuple[SourceRule, Match]]:
    """What the rules recognise anywhere in a directory.

    Args:
        tree: the directory.
        processes: that share it where it is large; None for as many as there are processors.
    """
    if len(tree.paths) < MANY:
        with seldom_collecting():
            for file in tree.files():
                yield from matches(tree, file)
        return
    by_code = {rule.CODE: rule for rule in RULES if isinstance(rule, SourceRule)}
    tasks = [(tree.root, tree.runtime, paths) for paths in _portions(tree)]
    for found, damaged in _mapped(tasks, processes or os.cpu_count() or 1):
        tree.unread.extend(damaged)
        for code, match in found:
            yield by_code[code], match


def _mapped(tasks: Sequence[_Task], processes: int) -> Iterator[Swept]:
    if processes < 2:
        yield from map(_sweep_some, tasks)
        return
    # Not forked: the caller may have threads.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_sweep_some, tasks)


def _portions(tree: SourceTree) -> Iterator[Sequence[str]]:
    by_folder: dict[PurePosixPath, list[str]] = defaultdict(list)
    for path in tree.paths:
        # Not only neighbours: `a/b/c.go` stands between `a/b.go` and `a/z.go`.
        by_folder[PurePosixPath(path).parent].append(path)
    folders = list(by_folder.values())
    for start in range(0, len(folders), _FOLDERS):
        yield [path for paths in folders[start : start + _FOLDERS] for path in paths]


def _sweep_some(task: _Task) -> Swept:
    """In a process of its own."""
    root, runtime, paths = task
    tree = SourceTree(root, runtime, only=tuple(paths))
    files = (file for path in paths if (file := tree.file(path)) is not None)
    with seldom_collecting():
        found = [
            (rule.CODE, match)
            for file in files
            if not is_generated(file.data)
            for rule, match in matches(tree, file)
        ]
    return found, [Unread(*each) for each in unread(tree)]
