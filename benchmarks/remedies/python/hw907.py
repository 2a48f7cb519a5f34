"""HW907, insert-per-row: rows into sqlite3."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

WHAT = {
    "": "insert 1,000 rows in one transaction, in memory",
    "commit": "insert 100 rows into a file",
}

_INSERT = "INSERT INTO users VALUES (?, ?, ?)"
_ROWS = [(each, f"user-{each}", each * 7) for each in range(1000)]


def _empty(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE IF NOT EXISTS users (id, name, score)")
    connection.execute("DELETE FROM users")
    connection.commit()
    return connection


def _count(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute("SELECT count(*) FROM users").fetchone()
    return int(number)


@cache
def path() -> str:
    """A database in a folder that is deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="heapwise-remedies-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(folder / "users.db")


def before() -> int:
    """One statement a row."""
    with closing(_empty(":memory:")) as connection:
        with connection:
            for row in _ROWS:
                connection.execute(_INSERT, row)
        return _count(connection)


def after() -> int:
    """One statement for all rows."""
    with closing(_empty(":memory:")) as connection:
        with connection:
            connection.executemany(_INSERT, _ROWS)
        return _count(connection)


def before_commit() -> int:
    """One transaction a row."""
    with closing(_empty(path())) as connection:
        for row in _ROWS[:100]:
            connection.execute(_INSERT, row)
            connection.commit()
        return _count(connection)


def after_commit() -> int:
    """One transaction for all rows."""
    with closing(_empty(path())) as connection:
        with connection:
            connection.executemany(_INSERT, _ROWS[:100])
        return _count(connection)


CASES = {"": (before, after), "commit": (before_commit, after_commit)}
