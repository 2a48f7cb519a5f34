"""Rows are inserted one statement at a time.

What it finds:
    ``execute`` with a constant ``INSERT`` or ``REPLACE`` in a loop over rows, and a ``commit`` for
    every row of such a loop. Statements whose results the loop needs (``RETURNING``,
    ``lastrowid``), loops that do more with the same cursor, loops over a few values and commits
    once in so many rows are no finding.

Why it allocates:
    Each call makes arguments, binds them and asks the database once more; with a server that is a
    round trip a row, and a commit is a write to the disk a row. The objects are small, the time
    is not.

Example:
    ```python
    for row in rows:
        connection.execute("INSERT INTO events VALUES (?, ?, ?)", row)
        connection.commit()
    ```

Use instead:
    ```python
    with connection:  # one transaction
        connection.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
    ```

    One transaction comes first: it gains most. PostgreSQL has ``COPY`` for more than some
    thousand rows; compare the number of rows before and after, since a row that cannot be read
    ends the whole of it.

When it does not help:
    Rows that must survive, each by itself, a failure of the next one need a commit each.

Measured:
    CPython 3.11 to 3.13 with sqlite3, per row of three values: ``executemany`` 2 B and 0.6 us
    instead of 364 B, 5 objects and 0.9 us; in a file a commit per row took 440 to 800 us, one for
    all 1.3 us. PostgreSQL over psycopg: 4,951 rows/s with a commit each, 32,170 in one
    transaction, 70,599 with ``executemany``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from heapwise.diagnose.rules.python.values import constant_text, inside, is_same, is_short
from heapwise.diagnose.source.look import Look
from heapwise.diagnose.source.match import Heat, Match
from heapwise.diagnose.source.python_file import PythonCall, PythonFile
from heapwise.model.finding import Sketch

CODE = "HW907"
NAME = "insert-per-row"
HOLDS_FOR = "loops over more than a few rows, none of which needs the result of its own statement"
REFERENCES = (
    "https://docs.python.org/3/library/sqlite3.html#sqlite3.Cursor.executemany",
    "https://www.psycopg.org/psycopg3/docs/basic/copy.html",
)

_INSERT = re.compile(r"\s*(?:INSERT|REPLACE)\s+(?:OR\s+\w+\s+)?INTO\b", re.IGNORECASE)
_SOMEWHERE = re.compile(rb"\b(?:INSERT|REPLACE)\s[\w\s]*INTO\b", re.IGNORECASE)
_RETURNS = re.compile(r"\bRETURNING\b|last_insert", re.IGNORECASE)
_NEEDED = frozenset({"lastrowid", "fetchone", "fetchall", "fetchval", "inserted_primary_key"})


def _find(file: PythonFile) -> Iterable[Match]:
    if not _SOMEWHERE.search(file.data):
        return
    for call in file.calls(".execute"):
        loop = file.loop_around(call.node)
        function = file.function_of(call.node)
        if not isinstance(loop, ast.For | ast.AsyncFor) or function is None or is_short(loop):
            continue
        sql = constant_text(file, call.node.args[0]) if len(call.node.args) > 1 else None
        if sql is None or not _INSERT.match(sql) or _RETURNS.search(sql):
            continue
        if not _needs_results(loop) and not _is_one_of_many(file, call.node, loop):
            yield _match(file, call, loop, file.qualified(function))


def _needs_results(loop: ast.For | ast.AsyncFor) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr in _NEEDED for each in inside(loop))


def _is_one_of_many(file: PythonFile, call: ast.Call, loop: ast.For | ast.AsyncFor) -> bool:
    """Whether the loop does more with the same cursor: then the order of statements may matter."""
    assert isinstance(call.func, ast.Attribute)  # noqa: S101 - its name begins with a dot
    receiver = call.func.value
    for each in inside(*loop.body):
        if each is receiver or not isinstance(each, ast.Name | ast.Attribute):
            continue
        if not is_same(each, receiver):
            continue
        parent = file.parents[each]
        if not isinstance(parent, ast.Attribute) or parent.attr != "commit":
            return True
    return False


def _match(
    file: PythonFile, call: PythonCall, loop: ast.For | ast.AsyncFor, function: str
) -> Match:
    commit = next(_commits(file, loop), None)
    assert isinstance(call.node.func, ast.Attribute)  # noqa: S101 - its name begins with a dot
    receiver, sql = file.text(call.node.func.value), file.text(call.node.args[0])
    rows = file.text(loop.iter)
    values = file.text(call.node.args[1])
    if values != file.text(loop.target):
        rows = f"({values} for {file.text(loop.target)} in {rows})"
    committed = f" and {file.text(commit.func)}() ends a transaction each time" if commit else ""
    return Match(
        span=file.span(call.node),
        function=function,
        title=f"{function} inserts its rows one by one",
        why=f"{receiver}.execute asks the database once for every round of the loop over"
        f" {file.text(loop.iter)}{committed}.",
        remedy="Insert all of them in one transaction, with one commit behind the loop, and with"
        " executemany; for many rows PostgreSQL has COPY. Compare the number of rows.",
        sketch=Sketch(
            before=file.lines(file.span(loop)),
            after=f"{receiver}.executemany({sql}, {rows})"
            + ("  # then commit once" if commit else ""),
        ),
        more=(file.span(commit),) if commit else (),
        heat=Heat.FUNCTION,
        case="commit" if commit else "",
    )


def _commits(file: PythonFile, loop: ast.For | ast.AsyncFor) -> Iterator[ast.Call]:
    """The commits of every round; those below a condition are of a batch."""
    for call in file.calls(".commit"):
        parents = list(file.ancestors(call.node))
        if loop in parents:
            between = parents[: parents.index(loop)]
            if not any(isinstance(each, ast.If | ast.For | ast.While) for each in between):
                yield call.node


LOOKS = {"python": Look((b".execute(",), _find)}
