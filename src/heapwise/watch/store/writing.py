"""What waits, written in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from heapwise.units import how_many
from heapwise.watch.store.backlog import Backlog
from heapwise.watch.store.database import transaction
from heapwise.watch.store.tables import BINS, VITALS, Row, Series, checksum, encoded, storable

_TARGET = """INSERT INTO targets (key, data, seen_ns, since_ns, problem, crc)
    VALUES (:key, :data, :seen, :seen, :problem, :crc)
    ON CONFLICT (key) DO UPDATE SET data = :data, seen_ns = :seen, problem = :problem, crc = :crc,
    since_ns = CASE WHEN problem = :problem THEN since_ns ELSE :seen END
    RETURNING id"""


def write_backlog(
    database: sqlite3.Connection, backlog: Backlog, numbers: Mapping[str, int], now_ns: int
) -> dict[str, int]:
    """Write all of it or nothing; it stays in the backlog.

    Args:
        database: of the store.
        backlog: what waits.
        numbers: of the targets that have one, by key.
        now_ns: the time of what is noted about the store itself.

    Returns:
        The numbers of all targets.

    Raises:
        sqlite3.Error: it could not be written.
    """
    with transaction(database):
        known = {**numbers, **_targets(database, backlog)}
        _series(database, VITALS, backlog.readings, known)
        _series(database, BINS, backlog.binned, known)
        _events(database, backlog)
        _notes(database, backlog, now_ns)
    return known


def _targets(database: sqlite3.Connection, backlog: Backlog) -> dict[str, int]:
    """Targets that were seen; those that are new get numbers."""
    numbers = {}
    for key, seen in backlog.seen.items():
        data, name = encoded(seen.target), storable(key)
        row = {
            "key": name, "data": data, "seen": seen.at_ns, "problem": storable(seen.problem),
            "crc": checksum(name, data),
        }  # fmt: skip
        numbers[key] = database.execute(_TARGET, row).fetchone()[0]
    return numbers


def _series(
    database: sqlite3.Connection,
    series: Series[Any],
    rows: Iterable[tuple[str, Row]],
    numbers: Mapping[str, int],
) -> None:
    """Rows of one table; those of a target that nobody has seen mean nothing."""
    known = [series.row(numbers[key], values) for key, values in rows if key in numbers]
    database.executemany(series.insert, known)


def _events(database: sqlite3.Connection, backlog: Backlog) -> None:
    alerts = [
        (alert.id, alert.began_ns, alert.ended_ns, data, checksum(alert.id, data))
        for alert in backlog.alerts.values()
        for data in (encoded(alert),)
    ]
    deploys = [
        (*row, checksum(*row))
        for each in backlog.deploys
        for row in (tuple(map(storable, (each.service, each.at_ns, each.build, each.before))),)
    ]
    database.executemany("INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?)", alerts)
    database.executemany("INSERT OR REPLACE INTO deploys VALUES (?, ?, ?, ?, ?)", deploys)


def _notes(database: sqlite3.Connection, backlog: Backlog, now_ns: int) -> None:
    notes = [(at_ns, storable(text)) for at_ns, text in backlog.notes]
    if lost := backlog.dropped:
        notes.append((now_ns, f"{how_many(lost, 'row')} dropped while the disk took nothing"))
    database.executemany("INSERT INTO notes VALUES (?, ?)", notes)
