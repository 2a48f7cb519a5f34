"""Alarms in ClickHouse: a server's HTTP interface, or the same engine within this process (chDB).

Both are asked in SQL and answer in text, so one class does for both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from sinks import Row, Totals
from stops import Stop

Ask = Callable[[str], str]
"""Runs a statement, and gives its answer."""

# An index by key within each part; of rows with one key only the newest is kept. It does so when
# it merges parts, so questions say FINAL.
_TABLE = (
    "CREATE TABLE IF NOT EXISTS alarms (id UInt64, at DateTime('UTC'), user UInt64,"
    " region String, tier String, devices UInt32, room UInt32, ceiling Int64, value Int64)"
    " ENGINE = ReplacingMergeTree ORDER BY id"
)
_TOTALS = (
    "SELECT region, count(), sum(value) FROM alarms FINAL GROUP BY region ORDER BY region"
    " FORMAT JSONCompact"
)


class ClickHouse:
    """A table of ClickHouse.

    Raises:
        Stop: as all of it: ClickHouse refuses a statement, or is not there.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        ask(_TABLE)

    def execute(self, statement: str, row: Row) -> None:
        """Insert one row: a part of the table on disk for it alone."""
        self._ask(_with_values(statement, (row,)))

    def executemany(self, statement: str, rows: Sequence[Row]) -> None:
        """Insert rows as one part."""
        self._ask(_with_values(statement, rows))

    def totals(self) -> Totals:
        """Count and sum."""
        found = json.loads(self._ask(_TOTALS))["data"]  # 64 bits come as text
        return {region: (int(count), int(total)) for region, count, total in found}

    def empty(self) -> None:
        """Drop all rows."""
        self._ask("TRUNCATE TABLE alarms")

    def close(self) -> None:
        """Nothing: every statement is done when it returns."""


def over_http(address: str) -> Ask:
    """Ask a server, over one connection that is kept."""
    connection = HTTPConnection(address, timeout=60)

    def ask(statement: str) -> str:
        try:
            connection.request("POST", "/", statement.encode())
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, HTTPException) as error:
            raise Stop(f"ClickHouse at {address} does not answer: {error}") from None
        if answer.status != 200:
            raise Stop(f"ClickHouse refuses a statement: {text.strip()}")
        return text

    return ask


def within(directory: Path) -> Ask:
    """Ask the engine in this process; one process at a time can have a directory."""
    from chdb import session  # noqa: PLC0415 - 160 ms that a server does not need

    def ask(statement: str) -> str:
        try:
            return str(engine.query(statement))
        except RuntimeError as error:
            raise Stop(f"chDB refuses a statement: {error}") from None

    engine: Any = session.Session(str(directory))  # type: ignore[no-untyped-call]  # it has no types
    # Without a name of its own, each session would have another database.
    ask("CREATE DATABASE IF NOT EXISTS stream")
    ask("USE stream")
    return ask


def _with_values(statement: str, rows: Iterable[Row]) -> str:
    """The statement with literals for its placeholders: ClickHouse's SQL takes no others."""
    head, _, _ = statement.partition("(?")
    return head + ",".join(map(_literals, rows))


def _literals(row: Row) -> str:
    return f"({','.join(map(_literal, row))})"


def _literal(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
