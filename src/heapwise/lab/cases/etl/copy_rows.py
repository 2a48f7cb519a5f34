"""Loads orders with COPY, a row at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import psycopg
from orders_table import arguments, create, durability, report

from heapwise_agent import work

COPY = "COPY orders FROM STDIN"


def orders(path: Path) -> Iterator[tuple[object, ...]]:
    """The rows of a file as the table has them, one at a time."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)  # the header
        for number, placed_at, customer, country, amount, note in rows:
            yield (
                int(number),
                datetime.fromisoformat(placed_at),
                " ".join(customer.split()),
                country.upper(),
                Decimal(amount),
                note or None,
            )


def load(connection: psycopg.Connection, path: Path) -> None:
    """Copy every row of a file."""
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for order in orders(path):
            copy.write_row(order)
            work("row")


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
