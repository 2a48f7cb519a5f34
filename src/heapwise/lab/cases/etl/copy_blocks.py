"""Loads orders with COPY as CSV, in blocks of some hundred rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import islice

import psycopg
from orders_table import arguments, create, durability, report

from heapwise_agent import work

COPY = "COPY orders FROM STDIN (FORMAT CSV)"

BATCH = 500
"""Rows at a time: some 40 KB, and fewer objects than make the collector look at them."""


class Block(list[str]):
    """Takes the lines that csv writes."""

    write = list[str].append


def order(row: list[str]) -> tuple[str, ...]:
    """One row as the table has it; what PostgreSQL parses anyway stays the text it is."""
    number, placed_at, customer, country, amount, note = row
    return number, placed_at, " ".join(customer.split()), country.upper(), amount, note


def load(connection: psycopg.Connection, lines: Iterable[str]) -> None:
    """Copy every row of a file without its header."""
    rows, block = csv.reader(lines), Block()
    writer = csv.writer(block, lineterminator="\n")
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        while True:
            writer.writerows(map(order, islice(rows, BATCH)))
            if not block:
                break
            copy.write("".join(block))
            work("row", len(block))
            block.clear()


def main() -> None:
    """Load the file that the command line names."""
    options = arguments(__doc__)
    create(options.database)
    with psycopg.connect(options.database) as connection:
        with options.file.open(encoding="utf-8", newline="") as file:
            next(file)  # the header
            load(connection, file)
        durable = durability(connection)
    report(options.database, durable)


if __name__ == "__main__":
    main()
