"""Reads benchmark files of any kind, told apart by what they hold, and names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from heapwise.formats.benchfmt.read import Reader
from heapwise.formats.pyperf import read_pyperf
from heapwise.formats.pytest_benchmark import read_pytest_benchmark
from heapwise.formats.test2json import is_test2json, text_of_events
from heapwise.model.bench import Benchmarks

_PYTEST = b'"machine_info"'
"""Only pytest-benchmark's files say this; pyperf's are told by its lack."""


class Named(NamedTuple):
    """A file as the command line names it.

    Attributes:
        label: as the column shows it.
        path: to read; - for standard input.
    """

    label: str
    path: str


def name_files(arguments: Sequence[str]) -> list[Named]:
    """Files with their labels, as benchstat has them.

    ``label=path`` names a file, and files of one label become one column. A path given twice
    without a label gets ``#0``, ``#1``: it would else only double the samples.
    """
    paths = Counter(argument for argument in arguments if "=" not in argument)
    seen: Counter[str] = Counter()
    files = []
    for argument in arguments or ["-"]:
        label, equals, path = argument.partition("=")
        if equals:
            files.append(Named(label, path))
            continue
        files.append(Named(f"{argument}#{seen[argument]}" if paths[argument] > 1 else argument,
                           argument))  # fmt: skip
        seen[argument] += 1
    return files


def read_benchmarks(files: Iterable[tuple[Named, bytes]]) -> Benchmarks:
    """Everything in some files.

    Args:
        files: each with its content.

    Raises:
        ProfileError: a file begins as JSON and is neither pytest-benchmark's nor pyperf's.
    """
    reader = Reader()
    for file, data in files:
        if is_test2json(data):
            reader.read(text_of_events(data).split("\n"), file.label, file.path)
        elif data.lstrip()[:1] == b"{":
            read = read_pytest_benchmark if _PYTEST in data else read_pyperf
            reader.add(read(data, file.label))
        else:
            reader.read(data.decode("utf-8", "replace").split("\n"), file.label, file.path)
    return reader.benchmarks()
