"""Where alarms are stored.

All sinks promise the same: a row is stored once, however often it comes, since its key is the
message's; and it is there when the call returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from stops import Stop

Row = tuple[int, str, int, str, str, int, int, int, int]
"""Key of the message, when, user, region; of the user: tier, devices, first room, limit; value."""

Totals = dict[str, tuple[int, int]]
"""By region: how many rows, and the sum of their values."""


class Sink(Protocol):
    """A table of alarms."""

    def execute(self, statement: str, row: Row) -> None:
        """Run an INSERT for one row."""
        ...

    def executemany(self, statement: str, rows: Sequence[Row]) -> None:
        """Run it for many rows at once."""
        ...

    def totals(self) -> Totals:
        """What the table holds."""
        ...

    def empty(self) -> None:
        """Drop what earlier runs left."""
        ...

    def close(self) -> None:
        """Close the table."""
        ...


def open_sink(place: str) -> Sink:
    """Open the table of a place, and make it where there is none.

    Args:
        place: ``clickhouse://HOST:PORT`` (its HTTP interface), ``chdb:DIRECTORY`` or
            ``sqlite:FILE``.

    Raises:
        Stop: no such kind of place, or it cannot be used.
    """
    scheme, _, rest = place.partition(":")
    if scheme not in {"clickhouse", "chdb", "sqlite"} or not rest:
        raise Stop(f"--sink must be clickhouse://…, chdb:… or sqlite:…, not {place!r}")
    if scheme == "sqlite":
        return SqliteSink(Path(rest))
    # Imported where they are needed: chDB alone takes 160 ms.
    from sink_clickhouse import ClickHouse, over_http, within  # noqa: PLC0415 - see above

    if scheme == "clickhouse":
        return ClickHouse(over_http(rest.removeprefix("//")))
    return ClickHouse(within(Path(rest)))


class SqliteSink:
    """The stand-in: a file of SQLite."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        # As durable as ClickHouse is: what is stored outlives the program, not the machine.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS alarms (id INTEGER PRIMARY KEY ON CONFLICT REPLACE,"
            " at TEXT, user INTEGER, region TEXT, tier TEXT, devices INTEGER, room INTEGER,"
            " ceiling INTEGER, value INTEGER)"
        )

    def execute(self, statement: str, row: Row) -> None:
        """Insert one row, in a transaction of its own."""
        with self._connection:
            self._connection.execute(statement, row)

    def executemany(self, statement: str, rows: Sequence[Row]) -> None:
        """Insert rows in one transaction."""
        with self._connection:
            self._connection.executemany(statement, rows)

    def totals(self) -> Totals:
        """Count and sum."""
        found = self._connection.execute(
            "SELECT region, count(*), sum(value) FROM alarms GROUP BY region ORDER BY region"
        )
        return {region: (count, total) for region, count, total in found}

    def empty(self) -> None:
        """Delete all rows."""
        with self._connection:
            self._connection.execute("DELETE FROM alarms")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
