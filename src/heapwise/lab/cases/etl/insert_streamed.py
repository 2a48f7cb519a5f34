"""Loads orders with an INSERT a row, of which no two have to be there at once."""

from __future__ import annotations

import csv
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


def load(connection: psycopg.Connection, path: Path) -> None:
    """Insert every row of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            connection.execute(INSERT, order(row))
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
