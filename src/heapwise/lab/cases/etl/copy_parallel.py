"""Loads orders with COPY over two connections, each from a process and a half of the file."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO, NamedTuple

import psycopg
from copy_blocks import load
from orders_table import GUARDED, arguments, create, durability, report

PROCESSES = 2
BLOCK = 1 << 20


class Part(NamedTuple):
    """Whole rows of a file: the bytes from ``start`` to before ``end``."""

    path: Path
    start: int
    end: int

    def lines(self) -> Iterator[str]:
        """Its lines; it ends with the byte, not with the first line behind it."""
        position = self.start
        with self.path.open("rb") as file:
            file.seek(position)
            while position < self.end and (line := file.readline()):
                position += len(line)
                yield line.decode()


def parts(path: Path, count: int) -> list[Part]:
    """A file without its header, cut between rows into parts of about the same size."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.readline()
        cuts = [file.tell()]
        for number in range(1, count):
            _go_to_row(file, size * number // count)
            cuts.append(file.tell())
    return [Part(path, start, end) for start, end in pairwise([*cuts, size])]


def _go_to_row(file: BinaryIO, offset: int) -> None:
    """From the start of a row, go on to that of one at an offset or soon behind it.

    A line break between an odd quote and the next one is part of a note.
    """
    quotes = 0
    while block := file.read(min(BLOCK, max(0, offset - file.tell()))):
        quotes += block.count(b'"')
    while line := file.readline():
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            return


def load_part(database: str, part: Part) -> dict[str, int]:
    """Copy one part over a connection of its own, in a transaction of its own; how durable it is.

    What it counts is added up by the agent, which is in every process of the program.
    """
    with psycopg.connect(database) as connection:
        load(connection, part.lines())
        return durability(connection)


def main() -> None:
    """Load the file that the command line names."""
    options = arguments(__doc__)
    create(options.database)
    durable = dict.fromkeys(GUARDED, 1)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        load_one = partial(load_part, options.database)
        for part_durable in pool.map(load_one, parts(options.file, PROCESSES)):
            durable = {name: min(durable[name], part_durable[name]) for name in GUARDED}
    report(options.database, durable)


if __name__ == "__main__":
    main()
