"""What every way to load shares: the command line, the table, and the account at the end."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import NamedTuple

import psycopg

TABLE = """
CREATE TABLE orders (
    id bigint NOT NULL,
    placed_at timestamptz NOT NULL,
    customer text NOT NULL,
    country text NOT NULL,
    amount numeric(10, 2) NOT NULL,
    note text
)
"""

# The sum of a hash of every row is the same in any order of rows, and needs no text of all of them.
CONTENT = """
SELECT count(*), sum(amount)::text, min(placed_at)::text, max(placed_at)::text,
       sum(hash_record_extended(o, 0))::text
FROM orders AS o
"""

DURABILITY = """
SELECT current_setting('fsync')::bool::int,
       (current_setting('synchronous_commit') <> 'off')::int,
       current_setting('full_page_writes')::bool::int,
       (SELECT (relpersistence = 'p')::int FROM pg_class WHERE oid = 'orders'::regclass)
"""

TOLD = ("rows", "amount", "first", "last", "content")
GUARDED = ("fsync", "synchronous_commit", "full_page_writes", "logged")


class Options(NamedTuple):
    """What to load, and where to."""

    file: Path
    database: str


def arguments(description: str | None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--input", type=Path, required=True, help="orders as CSV, with a header")
    parser.add_argument("--database", required=True, help="PostgreSQL, as libpq has it")
    given = parser.parse_args()
    return Options(given.input, given.database)


def create(database: str) -> None:
    """Make the table, empty."""
    with psycopg.connect(database) as connection:
        connection.execute("DROP TABLE IF EXISTS orders")
        connection.execute(TABLE)


def durability(connection: psycopg.Connection) -> dict[str, int]:
    """What a connection's commits wait for, and whether the table outlives a crash: 1 for yes."""
    settings = connection.execute(DURABILITY).fetchone() or ()
    return dict(zip(GUARDED, settings, strict=True))


def report(database: str, durable: dict[str, int]) -> None:
    """Print what is in the table, and how durable it was made, as the last line.

    It looks through a connection of its own, which sees nothing that is not committed.
    """
    with psycopg.connect(database) as connection:
        found = connection.execute(CONTENT).fetchone() or ()
    result = dict(zip(TOLD, found, strict=True))
    told = {"work": result["rows"], "result": result, "guard": durable}
    sys.stdout.write(json.dumps(told) + "\n")
