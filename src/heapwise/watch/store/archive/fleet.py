"""DuckDB over the samples of a store and its archive: one view, and no way to any other file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from heapwise.errors import RecordingError, UsageError
from heapwise.watch.store.archive.samples import Amounts

if TYPE_CHECKING:
    import duckdb

TABLE = """CREATE TABLE recent (service VARCHAR, stack VARCHAR, instance VARCHAR, taken TIMESTAMP,
    kind VARCHAR, sample_type VARCHAR, unit VARCHAR, value BIGINT, build VARCHAR, profile BIGINT)"""
COLUMNS = "service, stack, instance, taken, kind, sample_type, unit, value, build, profile"

_MEMORY = "512MB"
_LARGEST = (1 << 63) - 1
_CHUNK = 50_000
_NUMBERS = ("value", "taken", "id")


def engine(**settings: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import duckdb  # noqa: PLC0415 - an extra, and slow
    except ModuleNotFoundError:
        raise UsageError(
            "questions about samples need duckdb", hint="pip install 'heapwise[fleet]'"
        ) from None
    config = {"memory_limit": _MEMORY, "threads": "1", "autoinstall_known_extensions": "false"}
    return duckdb.connect(":memory:", config=dict(config | settings))


def insert(database: duckdb.DuckDBPyConnection, amounts: Iterable[Amounts]) -> None:
    """Put samples into the table `recent`."""
    chunk: list[tuple[Any, ...]] = []
    for each in amounts:
        captured, sample_type = each.profile.captured, each.type
        before = (each.service, each.instance, captured.at_ns // 1000, captured.kind)
        after = (sample_type.type, sample_type.unit, each.profile.build, captured.id)
        for stack, value in each.stacks.items():
            chunk.append((stack, max(-_LARGEST, min(value, _LARGEST)), *before, *after))
        if len(chunk) >= _CHUNK:
            _insert(database, chunk)
            chunk = []
    if chunk:
        _insert(database, chunk)


def _insert(database: duckdb.DuckDBPyConnection, rows: Sequence[tuple[Any, ...]]) -> None:
    names = (
        "stack",
        "value",
        "service",
        "instance",
        "taken",
        "kind",
        "type",
        "unit",
        "build",
        "id",
    )
    columns = {
        name: np.array(column, dtype=np.int64 if name in _NUMBERS else object)
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    database.register("chunk", columns)
    database.execute(
        "INSERT INTO recent SELECT service, stack, instance, make_timestamp(taken), kind, type, "
        "unit, value, build, id FROM chunk"
    )
    database.unregister("chunk")


def samples(sealed: Sequence[Path], recent: Iterable[Amounts]) -> duckdb.DuckDBPyConnection:
    """The view ``samples`` over files of the archive and what is not in them yet.

    Whoever asks may read it and nothing else: no file, no network, no variable of this program.

    Raises:
        RecordingError: a file of the archive cannot be read.
        UsageError: DuckDB is not installed.
    """
    database = engine()
    database.execute(TABLE)
    insert(database, recent)
    names = ", ".join(map(quoted, sealed))
    database.execute(f"SET allowed_paths = [{names}]")
    for setting in (
        "TimeZone = 'UTC'",  # as `taken` is; else now() is by the clock of whoever asks
        "enable_external_access = false",
        "python_enable_replacements = false",
        "lock_configuration = true",
    ):
        database.execute(f"SET {setting}")
    both = f"SELECT {COLUMNS} FROM recent"  # noqa: S608 - names are ours
    if sealed:
        both += f" UNION ALL SELECT {COLUMNS} FROM read_parquet([{names}])"  # noqa: S608 - names are quoted
    try:
        database.execute(f"CREATE VIEW samples AS {both}")
    except errors() as error:
        raise RecordingError("cannot read the archive", first_line(error)) from None
    return database


def ask(
    database: duckdb.DuckDBPyConnection,
    query: str,
    values: dict[str, Any] | None = None,
    *,
    most: int = sys.maxsize,
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of columns, and rows, at most so many.

    Raises:
        UsageError: DuckDB does not understand it, or it asks for what is not allowed.
    """
    try:
        statements = database.extract_statements(query)
        if len(statements) != 1 or statements[0].type.name != "SELECT":
            raise UsageError(
                "cannot answer that", "it is not one SELECT, and samples are only read"
            )
        found = database.execute(statements[0], values or {})
        return [column[0] for column in found.description or ()], found.fetchmany(most)
    except errors() as error:
        raise UsageError(
            "cannot answer that", first_line(error), f"the view samples has {COLUMNS}"
        ) from None


def quoted(path: Path) -> str:
    """A path in SQL."""
    return "'" + str(path.absolute()).replace("'", "''") + "'"


def first_line(error: Exception) -> str:
    """What DuckDB has to say, without its drawing."""
    return str(error).partition("\n")[0]


def errors() -> type[Exception]:
    """What DuckDB raises; nothing at all where it is not installed."""
    try:
        import duckdb  # noqa: PLC0415 - an extra, and slow
    except ModuleNotFoundError:
        return _Never
    return duckdb.Error


class _Never(Exception):  # noqa: N818 - nobody raises it
    """Stands for the errors of what is not there."""
