"""Loads orders with executemany, which does not wait for each answer."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import psycopg
from orders_table import arguments, create, durability, report

from heapwise_agent import work

INSERT = "INSERT INTO orders VALUES (%s, %s, %s, %s, %s, %s)"


def order(row: dict[str, str]) -> tuple[object, ...]:
    """One row as the table has it."""
    return (
        int(row["id"]),
        datetime.strptime(row["placed_at"], "%Y-%m-%dT%H:%M:%S%z"),
        " ".join(row["customer"].split()),
        row["country"].upper(),
        Decimal(row["amount"]),
        row["note"] or None,
    )


def orders(path: Path) -> Iterator[tuple[object, ...]]:
    """The rows of a file as the table has them, one at a time."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            work("row")
            yield order(row)


def load(connection: psycopg.Connection, path: Path) -> None:
    """Insert every row of a file."""
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, orders(path))


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
