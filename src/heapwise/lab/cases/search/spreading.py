"""Ways to spread files among workers: none, threads, processes.

What they need is imported by those who want it: it takes longer than a search of a small tree.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from searching import CHOICES, Search

if TYPE_CHECKING:
    from concurrent.futures import Executor

WORKERS = 2
AT_ONCE = 500
"""Files that are handed to a worker in one go."""


class Hits(NamedTuple):
    """What some files hold: how many they are, their bytes, and path and number of each line."""

    files: int
    size: int
    lines: list[tuple[str, int]]


def alone(paths: Iterable[str], read: str) -> Iterator[Hits]:
    """One file after the other."""
    search = CHOICES[read]()
    for path in paths:
        size, found = search(path)
        yield Hits(1, size, [(path, number) for number in found])


def threads(paths: Iterable[str], read: str) -> Iterator[Hits]:
    """Among threads of this process."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - takes 10 ms

    with ThreadPoolExecutor(WORKERS) as executor:
        yield from _spread(executor, paths, read)


def processes(paths: Iterable[str], read: str) -> Iterator[Hits]:
    """Among processes forked from this one."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - takes 30 ms
    from multiprocessing import get_context  # noqa: PLC0415 - with it

    with ProcessPoolExecutor(WORKERS, get_context("fork")) as executor:
        yield from _spread(executor, paths, read)


def _spread(executor: Executor, paths: Iterable[str], read: str) -> Iterator[Hits]:
    rest = iter(paths)
    batches = iter(lambda: list(islice(rest, AT_ONCE)), [])
    yield from executor.map(partial(_batch, read), batches)


_own = threading.local()


def _batch(read: str, paths: list[str]) -> Hits:
    """Some files in a worker, each of which has a way to search of its own."""
    if not hasattr(_own, "search"):
        _own.search = CHOICES[read]()
    search: Search = _own.search
    size, lines = 0, list[tuple[str, int]]()
    for path in paths:
        found = search(path)
        size += found.size
        lines += [(path, number) for number in found.lines]
    return Hits(len(paths), size, lines)


Spread = Callable[[Iterable[str], str], Iterator[Hits]]

WAYS: dict[str, Spread] = {"alone": alone, "threads": threads, "processes": processes}
"""By what ``--spread`` calls them."""
