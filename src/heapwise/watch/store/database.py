"""Opening the database of a store: new, as it was, or refused."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from heapwise.errors import RecordingError
from heapwise.watch.store.files import DATABASE, create_private
from heapwise.watch.store.tables import APPLICATION, BINS, OTHERS, VERSION, VITALS, Series

_BUSY_S = 2.0
_CHECK_S = 2.0
"""A large database is looked through for so long; rows have check sums of their own."""

_CHECK_STEPS = 10_000
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_WAL_LIMIT = 16 << 20


class Damaged(Exception):  # noqa: N818 - names the finding; the store then begins a new database
    """The file is no database any more."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is not what SQLite wrote."""
    # Errors of Python's own have no code; extended codes have theirs in the lowest byte.
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE


def open_writer(directory: Path) -> sqlite3.Connection:
    """Open the database of a store for the process that has its lock, made where there is none.

    Raises:
        Damaged: it cannot be read; set it aside.
        RecordingError: it is of a newer heapwise, or of another program.
        sqlite3.Error: it cannot be opened or made now.
    """
    path = directory / DATABASE
    create_private(path)
    database = _connect(path, "rw")
    try:
        with _damage_told():
            if _is_empty(database):
                _begin(database)
            _check_ours(database, directory)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
            _check_whole(database)
            _add_columns(database)
    except BaseException:
        database.close()
        raise
    return database


def open_reader(directory: Path) -> sqlite3.Connection:
    """Open the database of a store for reading, whether somebody writes it or not.

    Raises:
        RecordingError: there is none, or none that can be read.
    """
    path = directory / DATABASE
    if not path.is_file():
        raise RecordingError(
            f"{directory} is not a store",
            f"it has no {DATABASE}",
            "name the directory that heapwise watch keeps: [watch] store in its file",
        )
    try:
        database = _connect(path, "ro")
        try:
            with _damage_told():
                _check_made(database, directory)
                _check_ours(database, directory)
        except BaseException:
            database.close()
            raise
    except (sqlite3.Error, Damaged) as error:
        raise cannot_read(directory, error) from None
    return database


def cannot_read(directory: Path, error: Exception) -> RecordingError:
    """The error for a store that does not answer."""
    return RecordingError(
        f"cannot read the store {directory}",
        str(error),
        "a watcher that starts there sets what is damaged aside and begins anew",
    )


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing.

    Raises:
        sqlite3.Error: it could not be written.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    database = sqlite3.connect(
        f"file:{quote(bytes(path.absolute()))}?mode={mode}", uri=True, timeout=_BUSY_S,
        isolation_level=None, check_same_thread=False,
    )  # fmt: skip
    # A flipped bit must not raise here: the check sum finds it.
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    return database


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise Damaged(str(error)) from None
        raise


def _value(database: sqlite3.Connection, query: str) -> Any:
    return database.execute(query).fetchone()[0]


def _is_empty(database: sqlite3.Connection) -> bool:
    """A new file, or one that a full disk or a kill left without anything in it."""
    tables = _value(database, "SELECT count(*) FROM sqlite_master")
    return not tables and not _value(database, "PRAGMA application_id")


def _check_made(database: sqlite3.Connection, directory: Path) -> None:
    if _is_empty(database):
        raise RecordingError(f"the store {directory} is just being made", hint="ask again")


def _begin(database: sqlite3.Connection) -> None:
    """The tables of an empty file. How pages come back to the disk cannot be chosen later."""
    database.execute("PRAGMA auto_vacuum = INCREMENTAL")
    with transaction(database):
        for statement in (VITALS.create, BINS.create, *OTHERS):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {VERSION}")


def _check_ours(database: sqlite3.Connection, directory: Path) -> None:
    if _value(database, "PRAGMA application_id") != APPLICATION:
        names = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        if {VITALS.name, BINS.name} <= names:
            raise Damaged("its header is not what was written")
        raise RecordingError(
            f"{directory / DATABASE} is not heapwise's", hint="name another directory"
        )
    version = _value(database, "PRAGMA user_version")
    if version > VERSION:
        raise RecordingError(
            f"the store {directory} is of a newer heapwise",
            f"its version is {version}, this one knows {VERSION}",
            "update heapwise, or name another directory",
        )


def _check_whole(database: sqlite3.Connection) -> None:
    """Look for damage, for as long as a start may take."""
    database.set_progress_handler(_until(time.monotonic() + _CHECK_S), _CHECK_STEPS)
    try:
        found = _value(database, "PRAGMA quick_check(1)")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        found = "ok"
    finally:
        database.set_progress_handler(None, 0)
    if found != "ok":
        raise Damaged(str(found))


def _until(end: float) -> Callable[[], int]:
    return lambda: int(time.monotonic() > end)


def _add_columns(database: sqlite3.Connection) -> None:
    """What readings have learnt to say since the store was made."""
    series: tuple[Series[Any], ...] = (VITALS, BINS)
    for each in series:
        have = {row[1] for row in database.execute(f"PRAGMA table_info({each.name})")}
        for name in each.fields:
            if name not in have:
                database.execute(f'ALTER TABLE {each.name} ADD COLUMN "{name}"')
