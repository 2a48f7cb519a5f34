"""Loads orders with COPY, which takes CSV itself: what it parses anyway stays the text it is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import psycopg
from orders_table import arguments, create, durability, report

from heapwise_agent import work

COPY = "COPY orders FROM STDIN (FORMAT CSV)"


def orders(path: Path) -> Iterator[tuple[str, ...]]:
    """The rows of a file as the table has them, one at a time."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)  # the header
        for number, placed_at, customer, country, amount, note in rows:
            work("row")
            yield number, placed_at, " ".join(customer.split()), country.upper(), amount, note


def load(connection: psycopg.Connection, path: Path) -> None:
    """Copy every row of a file."""
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        csv.writer(copy, lineterminator="\n").writerows(orders(path))


def main() -> None:
    """Load the file that the command line names."""
    options = arguments(__doc__)
    create(options.database)
    with psycopg.connect(options.database) as connection:
        load(connection, options.file)
        durable = durability(connection)
    report(options.database, durable)


if __name__ == "__main__":
    main()
